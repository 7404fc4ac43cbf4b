using Hydra.Storage;

namespace Hydra;

/// <summary>Follows one execution. Safe from many threads at once.</summary>
public class ExecutionHandle
{
    internal ExecutionHandle(HydraClient client, ExecutionId id)
    {
        Client = client;
        Id = id;
    }

    /// <summary>The execution.</summary>
    public ExecutionId Id { get; }

    private protected HydraClient Client { get; }

    /// <summary>Reads how the execution stands.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="ExecutionNotFoundException">There is none with this id.</exception>
    /// <exception cref="StoreException">The database could not be read.</exception>
    public Task<ExecutionRow> StatusAsync(CancellationToken cancellationToken = default) =>
        Client.StatusAsync(Id, cancellationToken);

    /// <summary>Reads everything that is recorded of the execution.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="ExecutionNotFoundException">There is none with this id.</exception>
    /// <exception cref="StoreException">The database could not be read.</exception>
    public Task<ExecutionDetails> DescribeAsync(CancellationToken cancellationToken = default) =>
        Client.DescribeAsync(Id, cancellationToken);

    /// <summary>Waits until the execution has ended, however long that takes.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The terminal state.</returns>
    /// <exception cref="ExecutionNotFoundException">There is none with this id.</exception>
    /// <exception cref="StoreException">The database could not be read.</exception>
    public Task<ExecutionState> WaitAsync(CancellationToken cancellationToken = default) =>
        Client.WaitAsync(Id, cancellationToken);

    /// <summary>Waits until the execution has ended and gives its output as it was recorded.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="WorkflowFailedException">It ended without an output.</exception>
    /// <exception cref="ExecutionNotFoundException">There is none with this id.</exception>
    /// <exception cref="StoreException">The database could not be read.</exception>
    public Task<Payload> OutputAsync(CancellationToken cancellationToken = default) =>
        Client.OutputAsync(Id, cancellationToken);

    /// <summary>Asks the execution to stop. The request is durable when this returns.</summary>
    /// <param name="cancellationToken">Gives up waiting; the request may still be made.</param>
    /// <returns>What became of the request.</returns>
    /// <exception cref="ExecutionNotFoundException">There is none with this id.</exception>
    /// <exception cref="StoreException">The database could not take it.</exception>
    public Task<CancelOutcome> CancelAsync(CancellationToken cancellationToken = default) =>
        Client.CancelAsync(Id, cancellationToken);
}
