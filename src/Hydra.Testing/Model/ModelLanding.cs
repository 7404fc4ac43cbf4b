using System.Data;

namespace Hydra.Testing;

/// <summary>Lands results in transactions of a store, each committed or undone at once, and bars them.</summary>
internal sealed class ModelLanding(ITransactionalStore transactions) : IModelLanding
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>How a store has results land; null where it has no transactions.</summary>
    public static IModelLanding? Of(IWorkflowStore store) =>
        store as IModelLanding ?? (store.Transactions is { } transactions ? new ModelLanding(transactions) : null);

    public async Task<LandingAnswer> LandAsync(
        SessionId session, ExecutionId id, StepTry landed, CancellationToken cancellationToken)
    {
        await using var transaction = await transactions.BeginAsync(IsolationLevel.Unspecified, cancellationToken);
        await transactions.PrepareAsync(transaction.Transaction, Limit, cancellationToken);
        var answer = await transactions.LandAsync(
            transaction.Transaction, session, id, landed, cancellationToken);
        if (answer == LandingAnswer.Landed)
        {
            await transaction.CommitAsync(cancellationToken);
        }

        return answer;
    }

    public Task<StepTry?> BarAsync(
        SessionId session, ExecutionId id, StepTry bar, CancellationToken cancellationToken) =>
        transactions.BarAsync(session, id, bar, cancellationToken);
}
