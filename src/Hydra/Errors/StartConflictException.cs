namespace Hydra;

/// <summary>An execution with the same key exists, but for another workflow or with another input.</summary>
/// <param name="key">The key of both.</param>
/// <param name="existing">The execution that has the key.</param>
public sealed class StartConflictException(string key, ExecutionId existing) : HydraException(
    $"The key '{key}' belongs to execution {existing}, which was started with another workflow or another input. "
    + "Nothing was started. Use another key for other work, or the same input to get that execution.")
{
    /// <summary>The key of both.</summary>
    public string Key { get; } = key;

    /// <summary>The execution that has the key.</summary>
    public ExecutionId Existing { get; } = existing;
}
