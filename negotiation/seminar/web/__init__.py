"""The seminar's pages and server, on NiceGUI. All that they show is told them by `negotiation.seminar.views`."""
