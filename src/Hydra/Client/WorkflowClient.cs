using System.Data.Common;

namespace Hydra;

/// <summary>A workflow addressed through a client.</summary>
/// <param name="name">Its durable name.</param>
/// <param name="client">The client.</param>
/// <param name="transaction">Within which it is started; null for a transaction of the engine's own.</param>
internal sealed class WorkflowClient<TWorkflow>(string name, HydraClient client, DbTransaction? transaction = null)
    : IWorkflowClient<TWorkflow>, IWorkflowStarter
    where TWorkflow : class
{
    public string Name { get; } = name;

    public IHydraClient Client => client;

    public Task<ExecutionHandle<TOutput>> StartAsync<TInput, TOutput>(
        TInput input, StartOptions? options, CancellationToken cancellationToken) =>
        transaction is null
            ? client.StartTypedAsync<TInput, TOutput>(Name, input, options, cancellationToken)
            : client.StartTypedAsync<TInput, TOutput>(transaction, Name, input, options, cancellationToken);

    public Task<IReadOnlyList<ExecutionHandle<TOutput>>> StartAllAsync<TInput, TOutput>(
        IReadOnlyList<TInput> inputs, Func<TInput, StartOptions?>? options, CancellationToken cancellationToken) =>
        transaction is null
            ? client.Enter<Task<IReadOnlyList<ExecutionHandle<TOutput>>>>(async () => await Task.WhenAll(
                inputs.Select(input => client.StartTypedAsync<TInput, TOutput>(
                    Name, input, options?.Invoke(input), cancellationToken))))
            : client.StartAllTypedAsync<TInput, TOutput>(transaction, Name, inputs, options, cancellationToken);
}
