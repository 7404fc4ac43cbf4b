using System.Data.Common;

namespace Hydra;

/// <summary>A client bound to a transaction of the caller's.</summary>
internal sealed class TransactionClient(HydraClient client, DbTransaction transaction) : ITransactionClient
{
    public IWorkflowClient<TWorkflow> Workflow<TWorkflow>() where TWorkflow : class, IWorkflow =>
        client.Workflow<TWorkflow>(transaction);

    public IWorkflowClient<IWorkflow<TInput, TOutput>> Workflow<TInput, TOutput>(string name) =>
        client.Workflow<TInput, TOutput>(name, transaction);

    public Task<ExecutionHandle> StartAsync(
        string workflow, Payload input, StartOptions? options = null, CancellationToken cancellationToken = default) =>
        client.StartAsync(transaction, workflow, input, options, cancellationToken);

    public Task<CancelOutcome> CancelAsync(ExecutionId id, CancellationToken cancellationToken = default) =>
        client.CancelAsync(transaction, id, cancellationToken);
}
