using Hydra.Storage;

namespace Hydra.Engine.Pipeline;

/// <summary>What a lock of somebody else is in the way of: an execution, or a key that starts want.</summary>
/// <param name="Id">The execution; none for a key.</param>
/// <param name="Key">The key, of starts that have one.</param>
internal readonly record struct LockSubject(ExecutionId Id, string? Key)
{
    public static LockSubject Of(StoreOperation operation) => operation is StartOperation { Key: { } key }
        ? new LockSubject(default, key)
        : new LockSubject(operation.Id, Key: null);
}
