namespace Hydra.Testing;

/// <summary>One call that a <see cref="FaultyStore"/> is about to make.</summary>
/// <param name="Kind">The method.</param>
/// <param name="Number">Its number among the calls of this kind, from 1.</param>
public readonly record struct StoreCall(StoreCallKind Kind, int Number);
