namespace Hydra.Testing;

/// <summary>Two stores, or a store and what a scan of its rows says, do not agree.</summary>
internal sealed class ModelDifferenceException(string message) : Exception(message);
