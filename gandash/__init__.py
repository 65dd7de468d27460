"""GANdash's backend. It trains generative adversarial networks, keeps every run on disk and explains it; it knows no user interface.

    registry, config        parts by name; everything that decides a run
    randomness, pixels      random numbers by (seed, purpose, step); images at rest and in a network
    datasets/ architectures/ objectives/ tricks/ priors/ optimisers/ presets/     one file a part
    assembly                RunConfig -> a game that can be played, or networks that can be looked at
    runs/                   a run is a directory; the only code that knows a file name in it
    features/               the ResNet-18 that everything is judged through
    training/               the two-player step, and the process that plays it
    analyses/               one file an analysis
    importers/              one file a project whose checkpoints become runs
    embedding_maps          what the Embeddings page shows of a run or of two folders, computed once and kept
    background              long work beside the pages, with progress and cancel
    jobs                    start, pause, stop, queue
    api                     HTTP routes for what lives in the browser
    plots/                  data in, figure out
    __main__                the command line

Imports go down this list only in the order: registry, config, randomness, pixels -> folders of parts -> assembly -> runs -> features ->
training | analyses | importers -> jobs -> api. Importing this package imports none of it.
"""

__version__ = "0.1.0"
