/* The backward pass as one writes it by hand in C: for every round, stance and state, the 25 pairs
 * of moves, the answers to each first move, the first moves, the stances.
 *
 * The same inputs and the same tables as negotiation.kernels.induction.induce, with all three seats
 * answering by logit at a finite, positive precision, and every round kept. Tables have the state
 * axis innermost. Working tables are one state's and live on the stack.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

enum { W = 5, M = 5, PLAYERS = 3 };

/* p[o] = exp(lambda (q[o] - best)) / sum over the legal options; 0 for the others. */
static void respond(const double *q, const int *legal, double lambda, double *p)
{
    double best = -INFINITY, total = 0.0;
    for (int o = 0; o < M; o++)
        if (legal[o] && q[o] > best)
            best = q[o];
    for (int o = 0; o < M; o++) {
        p[o] = legal[o] ? exp(lambda * (q[o] - best)) : 0.0;
        total += p[o];
    }
    for (int o = 0; o < M; o++)
        p[o] /= total;
}

/* base [W, 3, M, M, S], stay [W, M, M, S], afterstate [M, M, S], penalty [2, M, S] and
 * penalty_stances [W, S] (0 for a legal option), rupture .. next_lapsed [K]; values [N + 1, 3, S],
 * stance [N, W, S], first_* [N, W, M, S], second_* [N, W, M first, M, S]. */
int solve(int64_t S, int64_t K, int64_t N, const double *base, const double *stay, const int64_t *afterstate,
          const double *penalty, const double *penalty_stances, const double *rupture, const double *lapse,
          const int64_t *next_on, const int64_t *next_lapsed, const double *rupture_payoff,
          const double *discount, const double *precision, double tokyo_first, double *values, double *stance,
          double *first_tokyo, double *second_tokyo, double *first_seoul, double *second_seoul)
{
    double *ahead = malloc((size_t)(PLAYERS * K) * sizeof *ahead);
    double *outlook = malloc((size_t)(PLAYERS * W * S) * sizeof *outlook);
    if (!ahead || !outlook) {
        free(ahead);
        free(outlook);
        return 1;
    }
    for (int64_t s = 0; s < PLAYERS * S; s++)
        values[N * PLAYERS * S + s] = 0.0;

    for (int64_t t = N - 1; t >= 0; t--) {
        const double *later = values + (t + 1) * PLAYERS * S;
        for (int i = 0; i < PLAYERS; i++)
            for (int64_t k = 0; k < K; k++) {
                double on = (1.0 - lapse[k]) * later[i * S + next_on[k]] + lapse[k] * later[i * S + next_lapsed[k]];
                ahead[i * K + k] = discount[i] * (rupture[k] * rupture_payoff[i] + (1.0 - rupture[k]) * on);
            }

        for (int w = 0; w < W; w++) {
            const double *round_base = base + w * PLAYERS * M * M * S;
            const double *round_stay = stay + w * M * M * S;
            double *open_tokyo = first_tokyo + (t * W + w) * M * S;
            double *open_seoul = first_seoul + (t * W + w) * M * S;
            double *reply_tokyo = second_tokyo + (t * W + w) * M * M * S;
            double *reply_seoul = second_seoul + (t * W + w) * M * M * S;
            for (int64_t s = 0; s < S; s++) {
                double q[PLAYERS][M][M], turned[M], lead[PLAYERS][M], p[M], opened[PLAYERS];
                int legal[2][M];
                for (int m = 0; m < M; m++) {
                    legal[0][m] = penalty[m * S + s] == 0.0;
                    legal[1][m] = penalty[(M + m) * S + s] == 0.0;
                }
                for (int mt = 0; mt < M; mt++)
                    for (int ms = 0; ms < M; ms++) {
                        int64_t at = (mt * M + ms) * S + s, k = afterstate[at];
                        for (int i = 0; i < PLAYERS; i++)
                            q[i][mt][ms] = round_base[i * M * M * S + at] + round_stay[at] * ahead[i * K + k];
                    }

                /* Tokyo first. */
                for (int mt = 0; mt < M; mt++) {
                    respond(q[1][mt], legal[1], precision[1], p);
                    for (int i = 0; i < PLAYERS; i++) {
                        lead[i][mt] = 0.0;
                        for (int ms = 0; ms < M; ms++)
                            lead[i][mt] += p[ms] * q[i][mt][ms];
                    }
                    for (int ms = 0; ms < M; ms++)
                        reply_seoul[(mt * M + ms) * S + s] = p[ms];
                }
                respond(lead[0], legal[0], precision[0], p);
                for (int i = 0; i < PLAYERS; i++) {
                    opened[i] = 0.0;
                    for (int mt = 0; mt < M; mt++)
                        opened[i] += p[mt] * lead[i][mt];
                    outlook[(i * W + w) * S + s] = tokyo_first * opened[i];
                }
                for (int mt = 0; mt < M; mt++)
                    open_tokyo[mt * S + s] = p[mt];

                /* Seoul first. */
                for (int ms = 0; ms < M; ms++) {
                    for (int mt = 0; mt < M; mt++)
                        turned[mt] = q[0][mt][ms];
                    respond(turned, legal[0], precision[0], p);
                    for (int i = 0; i < PLAYERS; i++) {
                        lead[i][ms] = 0.0;
                        for (int mt = 0; mt < M; mt++)
                            lead[i][ms] += p[mt] * q[i][mt][ms];
                    }
                    for (int mt = 0; mt < M; mt++)
                        reply_tokyo[(ms * M + mt) * S + s] = p[mt];
                }
                respond(lead[1], legal[1], precision[1], p);
                for (int i = 0; i < PLAYERS; i++) {
                    opened[i] = 0.0;
                    for (int ms = 0; ms < M; ms++)
                        opened[i] += p[ms] * lead[i][ms];
                    outlook[(i * W + w) * S + s] += (1.0 - tokyo_first) * opened[i];
                }
                for (int ms = 0; ms < M; ms++)
                    open_seoul[ms * S + s] = p[ms];
            }
        }

        for (int64_t s = 0; s < S; s++) {
            double worth[W], p[W];
            int legal[W];
            for (int w = 0; w < W; w++) {
                worth[w] = outlook[(2 * W + w) * S + s];
                legal[w] = penalty_stances[w * S + s] == 0.0;
            }
            respond(worth, legal, precision[2], p);
            for (int w = 0; w < W; w++)
                stance[(t * W + w) * S + s] = p[w];
            for (int i = 0; i < PLAYERS; i++) {
                double value = 0.0;
                for (int w = 0; w < W; w++)
                    value += p[w] * outlook[(i * W + w) * S + s];
                values[(t * PLAYERS + i) * S + s] = value;
            }
        }
    }
    free(ahead);
    free(outlook);
    return 0;
}
