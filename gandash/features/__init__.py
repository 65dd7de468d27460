"""The ResNet-18 that embeddings and scores look through.

    resnet18      the two sets of weights, where they are, and how one is loaded; needs no torch until one is
    network       images -> the pooled values of the four blocks, and class probabilities
    judge         whether generated images hold up against real ones: Inception score, classes, memorising
    looking       what scores can be looked through, the embedded network or Inception-v3; needs no torch
    extractors    both as torch-fidelity's feature extractors
    measures      scores of features and of logits, each with its spread
    reference     what real images look like and score: python -m gandash.features.reference makes the files in references/
    weights/      the embedded weights in half precision, with the recipe that made them and what was measured on them
    embedded      the network that the embedded weights belong to
    training      how they were trained: ``python -m gandash.features.training --data DIR``
    export        from a trained network to the files in ``weights/``
"""
