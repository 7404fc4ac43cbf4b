namespace Hydra;

/// <summary>The input or output of what has none.</summary>
public readonly record struct Nothing;
