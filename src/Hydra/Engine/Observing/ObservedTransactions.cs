using System.Data;
using System.Data.Common;
using Hydra.Storage;

namespace Hydra.Engine.Observing;

/// <summary>Counts what the store does within transactions of its users.</summary>
internal sealed class ObservedTransactions(ITransactionalStore store, ObservedStore gate, EngineMetrics metrics)
    : ITransactionalStore
{
    public IStartTables? StartTables => store.StartTables;

    /// <remarks>Starts are counted when they are written: nobody tells the store of the commit.</remarks>
    public async Task<IReadOnlyList<OperationAnswer>> WriteAsync(
        DbTransaction transaction, IReadOnlyList<StoreOperation> operations, CancellationToken cancellationToken)
    {
        var answers = await gate.Watch("enlist", store.WriteAsync(transaction, operations, cancellationToken));
        for (var i = 0; i < operations.Count && i < answers.Count; i++)
        {
            if (operations[i] is StartOperation start)
            {
                metrics.Started(start.Workflow, answers[i].Kind == AnswerKind.Started
                    ? EngineMetrics.Enlisted
                    : ObservedStore.OutcomeOf(answers[i].Kind));
            }
        }

        return answers;
    }

    public Task<StepTransaction> BeginAsync(IsolationLevel isolation, CancellationToken cancellationToken) =>
        gate.Watch("begin", store.BeginAsync(isolation, cancellationToken));

    public Task PrepareAsync(DbTransaction transaction, TimeSpan limit, CancellationToken cancellationToken) =>
        gate.Watch("prepare", store.PrepareAsync(transaction, limit, cancellationToken));

    public IDisposable? InterruptOn(DbTransaction transaction, CancellationToken token) =>
        store.InterruptOn(transaction, token);

    public async Task<LandingAnswer> LandAsync(
        DbTransaction transaction,
        SessionId session,
        ExecutionId id,
        StepTry landed,
        CancellationToken cancellationToken)
    {
        var answer = await gate.Watch("land", store.LandAsync(transaction, session, id, landed, cancellationToken));
        if (answer == LandingAnswer.Fenced)
        {
            metrics.Fenced();
        }

        return answer;
    }

    public Task<StepTry?> BarAsync(
        SessionId session, ExecutionId id, StepTry bar, CancellationToken cancellationToken) =>
        gate.Watch("bar", store.BarAsync(session, id, bar, cancellationToken));

    public Task<IReadOnlyList<StepTry>> ReadLandedAsync(
        ExecutionId id, string key, CancellationToken cancellationToken) =>
        gate.Watch("read_landed", store.ReadLandedAsync(id, key, cancellationToken));

    public TransactionFate Judge(Exception error) => store.Judge(error);
}
