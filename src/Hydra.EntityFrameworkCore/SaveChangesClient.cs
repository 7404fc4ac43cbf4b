using Hydra.Relational.Enlisting;
using Microsoft.EntityFrameworkCore;

namespace Hydra.EntityFrameworkCore;

/// <summary>A client bound to a context, whose SaveChanges inserts what is started here.</summary>
internal sealed class SaveChangesClient(HydraClient client, DbContext context) : ISaveChangesClient
{
    public IHydraClient Client => client;

    public IWorkflowClient<TWorkflow> Workflow<TWorkflow>() where TWorkflow : class, IWorkflow =>
        new SavedWorkflowClient<TWorkflow>(client.Workflow<TWorkflow>().Name, this);

    public IWorkflowClient<IWorkflow<TInput, TOutput>> Workflow<TInput, TOutput>(string name) =>
        new SavedWorkflowClient<IWorkflow<TInput, TOutput>>(client.Workflow<TInput, TOutput>(name).Name, this);

    public async Task<ExecutionHandle> StartAsync(
        string workflow, Payload input, StartOptions? options = null, CancellationToken cancellationToken = default) =>
        client.Execution((await AddAsync(
            () => [client.NewCheckedStart(workflow, input, options)], cancellationToken).ConfigureAwait(false))[0]);

    public async Task<IReadOnlyList<ExecutionHandle<TOutput>>> StartAllAsync<TInput, TOutput>(
        string workflow,
        IReadOnlyList<TInput> inputs,
        Func<TInput, StartOptions?>? options,
        CancellationToken cancellationToken)
    {
        var ids = await AddAsync(
            () => [.. inputs.Select(input => client.NewTypedStart(workflow, input, options?.Invoke(input)))],
            cancellationToken).ConfigureAwait(false);
        return [.. ids.Select(client.Execution<TOutput>)];
    }

    /// <summary>Adds all of them to the context, or none.</summary>
    private async Task<IReadOnlyList<ExecutionId>> AddAsync(
        Func<List<StartOperation>> prepare, CancellationToken cancellationToken)
    {
        // Only what the engine does runs as its own: the context belongs to the caller's flow, though to no thread.
        var starts = await client.EnterAsync(() => client.EncodeAsync(prepare(), cancellationToken))
            .ConfigureAwait(false);
        if (starts.Count == 0)
        {
            return [];
        }

        Enlistment.BatchOf(starts);
        var saved = new SavedStarts(context, client);
        await saved.EnsureSavedToEngineAsync(cancellationToken).ConfigureAwait(false);
        var now = await client.EnterAsync(() => client.ReadClockAsync(cancellationToken)).ConfigureAwait(false);
        var ids = new ExecutionId[starts.Count];
        var added = new List<StartOperation>();
        for (var i = 0; i < starts.Count; i++)
        {
            if (await FindHolderAsync(starts[i], added, saved, cancellationToken).ConfigureAwait(false) is { } holder)
            {
                ids[i] = holder;
            }
            else
            {
                added.Add(starts[i]);
                ids[i] = starts[i].Id;
            }
        }

        saved.Add(added, now);
        return ids;
    }

    /// <summary>Who has the key of a start: here, in the context, in the database, or in its transaction.</summary>
    /// <exception cref="StartConflictException">It was started otherwise.</exception>
    private async Task<ExecutionId?> FindHolderAsync(
        StartOperation start, List<StartOperation> added, SavedStarts saved, CancellationToken cancellationToken)
    {
        if (start.Key is not { } key)
        {
            return null;
        }

        if ((added.Find(other => other.Key == key) ?? saved.Find(key)) is { } own)
        {
            return Repeated(start, own.Id, own.Workflow, own.InputHash);
        }

        var row = await client.EnterAsync(() => client.Store.Queries.FindByKeyAsync(key, cancellationToken))
                .ConfigureAwait(false)
            ?? await saved.FindInTransactionAsync(key, cancellationToken).ConfigureAwait(false);
        return row is null ? null : Repeated(start, row.Id, row.Workflow, row.InputHash);
    }

    private static ExecutionId Repeated(StartOperation start, ExecutionId holder, string workflow, string inputHash) =>
        start.Repeats(workflow, inputHash) ? holder : throw new StartConflictException(start.Key!, holder);
}
