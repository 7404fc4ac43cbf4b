namespace Hydra;

/// <summary>There is no such execution in this namespace.</summary>
/// <param name="id">The id that was asked for.</param>
/// <param name="namespace">The namespace that was searched.</param>
public sealed class ExecutionNotFoundException(ExecutionId id, string @namespace) : HydraException(
    $"There is no execution {id} in namespace '{@namespace}'. Check the id, the namespace and the database.")
{
    /// <summary>The id that was asked for.</summary>
    public ExecutionId Id { get; } = id;
}
