/* The backward pass written by hand in C, over the same tables as
 * negotiation.kernels.induction.induce, all three seats answering by logit at a finite, positive
 * precision and every round kept.
 *
 * A good C programmer's order of loops for tables whose innermost axis is the state: rounds, blocks of
 * SPAN states small enough for the nearest cache, stances, moves, states of the block. (Going state by
 * state, all 25 pairs of moves at once, takes a fifth longer with strict arithmetic and more than twice
 * as long with -ffast-math, where the order below lets the compiler call a vector exponential.)
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

enum { W = 5, M = 5, PLAYERS = 3, SPAN = 72 };

typedef double row[SPAN];

/* p[o] = exp(lambda (q[o] - best)) / sum over the legal options, which have penalty 0; else 0. */
static inline void respond(int n, const row *q, const row *penalty, double lambda, row *p)
{
    row best, total;
    for (int s = 0; s < n; s++)
        best[s] = q[0][s] + penalty[0][s];
    for (int o = 1; o < M; o++)
        for (int s = 0; s < n; s++) {
            double worth = q[o][s] + penalty[o][s];
            best[s] = worth > best[s] ? worth : best[s];
        }
    for (int s = 0; s < n; s++)
        total[s] = 0.0;
    for (int o = 0; o < M; o++)
        for (int s = 0; s < n; s++) {
            double x = lambda * (q[o][s] + penalty[o][s] - best[s]);
            p[o][s] = exp(x < -700.0 ? -700.0 : x); /* far below, exp takes a slow path */
            total[s] += p[o][s];
        }
    for (int s = 0; s < n; s++)
        total[s] = 1.0 / total[s];
    for (int o = 0; o < M; o++)
        for (int s = 0; s < n; s++)
            p[o][s] = penalty[o][s] == 0.0 ? p[o][s] * total[s] : 0.0;
}

static inline void expect(int n, const row *p, const row *q, double *expected)
{
    for (int s = 0; s < n; s++) {
        double sum = p[0][s] * q[0][s];
        for (int o = 1; o < M; o++)
            sum += p[o][s] * q[o][s];
        expected[s] = sum;
    }
}

static inline void take(int n, int64_t S, const double *table, row *rows)
{
    for (int o = 0; o < M; o++)
        for (int s = 0; s < n; s++)
            rows[o][s] = table[o * S + s];
}

static inline void put(int n, int64_t S, const row *rows, double *table)
{
    for (int o = 0; o < M; o++)
        for (int s = 0; s < n; s++)
            table[o * S + s] = rows[o][s];
}

/* base [W, 3, M, M, S], stay [W, M, M, S], afterstate [M, M, S], penalty [2, M, S] and
 * penalty_stances [W, S] (0 for a legal option), rupture .. next_lapsed [K]; values [N + 1, 3, S],
 * stance [N, W, S], first_* [N, W, M, S], second_* [N, W, M first, M, S]. 0 if all went well. */
int solve(int64_t S, int64_t K, int64_t N, const double *base, const double *stay, const int64_t *afterstate,
          const double *penalty, const double *penalty_stances, const double *rupture, const double *lapse,
          const int64_t *next_on, const int64_t *next_lapsed, const double *rupture_payoff,
          const double *discount, const double *precision, double tokyo_first, double *values, double *stance,
          double *first_tokyo, double *second_tokyo, double *first_seoul, double *second_seoul)
{
    double *ahead = malloc((size_t)(PLAYERS * K) * sizeof *ahead);
    if (!ahead)
        return 1;
    for (int64_t s = 0; s < PLAYERS * S; s++)
        values[N * PLAYERS * S + s] = 0.0;

    for (int64_t t = N - 1; t >= 0; t--) {
        const double *later = values + (t + 1) * PLAYERS * S;
        for (int i = 0; i < PLAYERS; i++)
            for (int64_t k = 0; k < K; k++) {
                double on = (1.0 - lapse[k]) * later[i * S + next_on[k]] + lapse[k] * later[i * S + next_lapsed[k]];
                ahead[i * K + k] = discount[i] * (rupture[k] * rupture_payoff[i] + (1.0 - rupture[k]) * on);
            }

        for (int64_t begin = 0; begin < S; begin += SPAN) {
            int n = S - begin < SPAN ? (int)(S - begin) : SPAN;
            row gathered[PLAYERS][M][M], q[PLAYERS][M][M], turned[PLAYERS][M][M], lead[PLAYERS][M];
            row tokyo_opens[PLAYERS], seoul_opens[PLAYERS], outlook[PLAYERS][W];
            row forbidden_tokyo[M], forbidden_seoul[M], forbidden_stances[W], p[M];
            take(n, S, penalty + begin, forbidden_tokyo);
            take(n, S, penalty + M * S + begin, forbidden_seoul);
            take(n, S, penalty_stances + begin, forbidden_stances);
            for (int mt = 0; mt < M; mt++)
                for (int ms = 0; ms < M; ms++)
                    for (int s = 0; s < n; s++) {
                        int64_t k = afterstate[(mt * M + ms) * S + begin + s];
                        for (int i = 0; i < PLAYERS; i++)
                            gathered[i][mt][ms][s] = ahead[i * K + k];
                    }

            for (int w = 0; w < W; w++) {
                const double *week_base = base + w * PLAYERS * M * M * S + begin;
                const double *week_stay = stay + w * M * M * S + begin;
                int64_t first = (t * W + w) * M * S + begin, second = (t * W + w) * M * M * S + begin;
                for (int i = 0; i < PLAYERS; i++)
                    for (int mt = 0; mt < M; mt++)
                        for (int ms = 0; ms < M; ms++)
                            for (int s = 0; s < n; s++) {
                                int64_t at = (mt * M + ms) * S + s;
                                double worth = week_base[i * M * M * S + at] + week_stay[at] * gathered[i][mt][ms][s];
                                q[i][mt][ms][s] = worth;
                                turned[i][ms][mt][s] = worth;
                            }

                /* Tokyo first. */
                for (int mt = 0; mt < M; mt++) {
                    respond(n, q[1][mt], forbidden_seoul, precision[1], p);
                    for (int i = 0; i < PLAYERS; i++)
                        expect(n, p, q[i][mt], lead[i][mt]);
                    put(n, S, p, second_seoul + second + mt * M * S);
                }
                respond(n, lead[0], forbidden_tokyo, precision[0], p);
                for (int i = 0; i < PLAYERS; i++)
                    expect(n, p, lead[i], tokyo_opens[i]);
                put(n, S, p, first_tokyo + first);

                /* Seoul first. */
                for (int ms = 0; ms < M; ms++) {
                    respond(n, turned[0][ms], forbidden_tokyo, precision[0], p);
                    for (int i = 0; i < PLAYERS; i++)
                        expect(n, p, turned[i][ms], lead[i][ms]);
                    put(n, S, p, second_tokyo + second + ms * M * S);
                }
                respond(n, lead[1], forbidden_seoul, precision[1], p);
                for (int i = 0; i < PLAYERS; i++) {
                    expect(n, p, lead[i], seoul_opens[i]);
                    for (int s = 0; s < n; s++)
                        outlook[i][w][s] = tokyo_first * tokyo_opens[i][s] + (1.0 - tokyo_first) * seoul_opens[i][s];
                }
                put(n, S, p, first_seoul + first);
            }

            respond(n, outlook[2], forbidden_stances, precision[2], p);
            put(n, S, p, stance + t * W * S + begin);
            for (int i = 0; i < PLAYERS; i++)
                expect(n, p, outlook[i], values + (t * PLAYERS + i) * S + begin);
        }
    }
    free(ahead);
    return 0;
}
