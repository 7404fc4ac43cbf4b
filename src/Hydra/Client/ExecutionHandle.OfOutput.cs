namespace Hydra;

/// <summary>Follows one execution whose output type is known. Safe from many threads at once.</summary>
/// <typeparam name="TOutput">What it results in.</typeparam>
public sealed class ExecutionHandle<TOutput> : ExecutionHandle
{
    internal ExecutionHandle(HydraClient client, ExecutionId id) : base(client, id)
    {
    }

    /// <summary>Waits until the execution has ended, however long that takes, and gives its output.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="WorkflowFailedException">
    /// It ended without an output: failed, cancelled or timed out.
    /// </exception>
    /// <exception cref="PayloadException">The recorded output cannot be read as this type.</exception>
    /// <exception cref="ExecutionNotFoundException">There is none with this id.</exception>
    /// <exception cref="StoreException">The database could not be read.</exception>
    public Task<TOutput> ResultAsync(CancellationToken cancellationToken = default) =>
        Client.ResultAsync<TOutput>(Id, cancellationToken);

    /// <inheritdoc cref="ExecutionHandle.RerunAsync"/>
    public new Task<ExecutionHandle<TOutput>> RerunAsync(
        string? key = null, CancellationToken cancellationToken = default) =>
        Client.Enter(async () => new ExecutionHandle<TOutput>(
            Client, await Client.RerunAsync(Id, key, cancellationToken)));

    /// <inheritdoc cref="ExecutionHandle.ForkAsync"/>
    public new Task<ExecutionHandle<TOutput>> ForkAsync(
        string step, ForkOptions? options = null, CancellationToken cancellationToken = default) =>
        Client.Enter(async () => new ExecutionHandle<TOutput>(
            Client, await Client.ForkAsync(Id, step, options, cancellationToken)));
}
