using System.Data.Common;
using System.Transactions;
using Hydra.Engine.Observing;
using Hydra.Storage;

namespace Hydra;

/// <content>Starts and cancellations within a transaction of the caller's.</content>
internal sealed partial class HydraClient
{
    public ITransactionClient In(DbTransaction transaction)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        EnsureTransactions();
        return new TransactionClient(this, transaction);
    }

    public ITransactionClient In(DbConnection connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        EnsureTransactions();
        return In(connection, Transaction.Current ?? throw new InvalidOperationException(
            "There is no ambient transaction. Call it within a TransactionScope that was made with "
            + "TransactionScopeAsyncFlowOption.Enabled, or begin a transaction over the connection and give that to "
            + "In."));
    }

    /// <summary>Within a transaction that need not be the ambient one.</summary>
    public ITransactionClient In(DbConnection connection, Transaction transaction)
    {
        EnsureTransactions();
        return new TransactionClient(this, AmbientTransaction.Join(connection, transaction, committed: Tell));
    }

    private void EnsureTransactions()
    {
        if (store.Transactions is null)
        {
            throw new NotSupportedException(
                $"The engine keeps its executions in a store ({store.Capabilities.Name}) that is in no database with "
                + "transactions. Keep them in the database that the transaction is of.");
        }
    }

    /// <summary>
    /// Wakes the workers of all processes. An ambient transaction cannot do so itself: PostgreSQL does not prepare one
    /// with a NOTIFY for a commit in two phases.
    /// </summary>
    private void Tell()
    {
        Expect(clock.Now);
        store.Transactions!.StartTables?.Announce(null);
    }

    public IWorkflowClient<TWorkflow> Workflow<TWorkflow>(DbTransaction? transaction)
        where TWorkflow : class, IWorkflow =>
        builder.WorkflowNames.TryGetValue(typeof(TWorkflow), out var name)
            ? new WorkflowClient<TWorkflow>(name, this, transaction)
            : throw new UnknownWorkflowException(Names.Kebab(typeof(TWorkflow).Name), registry.Names);

    public IWorkflowClient<IWorkflow<TInput, TOutput>> Workflow<TInput, TOutput>(
        string name, DbTransaction? transaction)
    {
        Names.Validate(name, "The name of a workflow", Limits.MaxNameLength);
        registry.Find(name)?.EnsureCalledAs(typeof(TInput), typeof(TOutput));
        return new WorkflowClient<IWorkflow<TInput, TOutput>>(name, this, transaction);
    }

    public Task<ExecutionHandle> StartAsync(
        DbTransaction transaction,
        string workflow,
        Payload input,
        StartOptions? options,
        CancellationToken cancellationToken) =>
        Enter(async () => new ExecutionHandle(this, (await StartCoreAsync(
            transaction,
            [NewCheckedStart(workflow, input, options)],
            cancellationToken))[0]));

    public Task<ExecutionHandle<TOutput>> StartTypedAsync<TInput, TOutput>(
        DbTransaction transaction,
        string workflow,
        TInput input,
        StartOptions? options,
        CancellationToken cancellationToken) =>
        Enter(async () => new ExecutionHandle<TOutput>(this, (await StartCoreAsync(
            transaction, [NewTypedStart(workflow, input, options)], cancellationToken))[0]));

    public Task<IReadOnlyList<ExecutionHandle<TOutput>>> StartAllTypedAsync<TInput, TOutput>(
        DbTransaction transaction,
        string workflow,
        IReadOnlyList<TInput> inputs,
        Func<TInput, StartOptions?>? options,
        CancellationToken cancellationToken) =>
        Enter<Task<IReadOnlyList<ExecutionHandle<TOutput>>>>(async () =>
        {
            var starts = inputs.Select(input => NewTypedStart(workflow, input, options?.Invoke(input))).ToList();
            return
            [
                .. (await StartCoreAsync(transaction, starts, cancellationToken))
                    .Select(id => new ExecutionHandle<TOutput>(this, id)),
            ];
        });

    public Task<CancelOutcome> CancelAsync(
        DbTransaction transaction, ExecutionId id, CancellationToken cancellationToken) =>
        Enter(async () =>
        {
            var answers = await Enlist(transaction, [Cancellation(id)], cancellationToken);
            return answers[0].Kind switch
            {
                AnswerKind.NotFound => throw new ExecutionNotFoundException(id, Namespace),
                AnswerKind.Ended => CancelOutcome.Cancelled,
                AnswerKind.AlreadyEnded => CancelOutcome.AlreadyEnded,
                AnswerKind.Blocked => CancelOutcome.Blocked,
                _ => CancelOutcome.Requested,
            };
        });

    private async Task<List<ExecutionId>> StartCoreAsync(
        DbTransaction transaction, List<StartOperation> starts, CancellationToken cancellationToken)
    {
        var answers = starts.Count > 0 ? await Enlist(transaction, starts, cancellationToken) : [];
        for (var i = 0; i < answers.Count; i++)
        {
            if (answers[i].Kind == AnswerKind.Conflict)
            {
                throw new StartConflictException(starts[i].Key!, answers[i].Id);
            }
        }

        return [.. answers.Select(static answer => answer.Id)];
    }

    /// <summary>Starts as they are stored, for whoever inserts them.</summary>
    public async Task<List<StartOperation>> EncodeAsync(
        List<StartOperation> starts, CancellationToken cancellationToken)
    {
        var encoded = new List<StartOperation>(starts.Count);
        foreach (var start in starts)
        {
            encoded.Add((StartOperation)codec.Encode(await codec.ResolveAsync(start, cancellationToken)));
        }

        return encoded;
    }

    /// <summary>Counts starts that somebody else has inserted.</summary>
    internal void CountEnlisted(IEnumerable<StartOperation> starts)
    {
        foreach (var start in starts)
        {
            metrics.Started(start.Workflow, EngineMetrics.Enlisted);
        }
    }

    internal StartOperation NewTypedStart<TInput>(string workflow, TInput input, StartOptions? options) =>
        NewStart(workflow, serializer.Write(input, "The input of the workflow"), options);

    internal StartOperation NewCheckedStart(string workflow, Payload input, StartOptions? options) =>
        NewStart(workflow, serializer.Check(input, "The input of the workflow"), options);

    private StartOperation NewStart(string workflow, Payload input, StartOptions? options) => CreateStart(
        NewExecution(workflow, input, options ?? NoOptions), workflow, input, options ?? NoOptions, owner: default);

    /// <summary>No session owns what may never come to be, and the pipeline has no part in it.</summary>
    private Task<IReadOnlyList<OperationAnswer>> Enlist(
        DbTransaction transaction, IReadOnlyList<StoreOperation> operations, CancellationToken cancellationToken) =>
        store.Transactions!.WriteAsync(transaction, operations, cancellationToken);
}
