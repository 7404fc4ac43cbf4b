namespace Hydra.Soak.Support;

/// <summary>Tests that measure processes in real time on few cores: two at once would measure each other.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
