namespace Hydra.Testing;

/// <summary>Ends a case that does not apply to the store, which has declared so.</summary>
internal sealed class CaseSkippedException(string reason) : Exception(reason);
