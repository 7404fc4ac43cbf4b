namespace Hydra.EntityFrameworkCore;

/// <summary>A workflow addressed through a context, with whose next SaveChanges it is started.</summary>
internal sealed class SavedWorkflowClient<TWorkflow>(string name, SaveChangesClient client)
    : IWorkflowClient<TWorkflow>, IWorkflowStarter
    where TWorkflow : class
{
    public string Name { get; } = name;

    public IHydraClient Client => client.Client;

    public async Task<ExecutionHandle<TOutput>> StartAsync<TInput, TOutput>(
        TInput input, StartOptions? options, CancellationToken cancellationToken) =>
        (await client.StartAllAsync<TInput, TOutput>(Name, [input], _ => options, cancellationToken)
            .ConfigureAwait(false))[0];

    public Task<IReadOnlyList<ExecutionHandle<TOutput>>> StartAllAsync<TInput, TOutput>(
        IReadOnlyList<TInput> inputs, Func<TInput, StartOptions?>? options, CancellationToken cancellationToken) =>
        client.StartAllAsync<TInput, TOutput>(Name, inputs, options, cancellationToken);
}
