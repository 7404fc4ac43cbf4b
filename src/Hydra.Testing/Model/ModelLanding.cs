using System.Data;

namespace Hydra.Testing;

/// <summary>Lands results in transactions of a store, each committed or undone at once, and bars them.</summary>
internal sealed class ModelLanding(ITransactionalStore transactions) : IModelLanding
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>How a store has results land; null where it has no transactions.</summary>
    public static IModelLanding? Of(IWorkflowStore store) =>
        store as IModelLanding ?? (store.Transactions is { } transactions ? new ModelLanding(transactions) : null);

    /// <summary>What a session lands for what it believes to own, or the bar in its stead.</summary>
    public static (ExecutionId Id, StepTry Landed, StepTry? Bar) Draw(Random random, ModelSession session)
    {
        var belief = session.Beliefs[^random.Next(1, Math.Min(3, session.Beliefs.Count) + 1)];
        var landed = Make.Try(belief.Row, $"step-{random.Next(2)}", 1 + (random.Next(4) / 3), TryPhase.Landed) with
        {
            Output = Make.Text($"{random.Next(3)}"),
            EndedAt = belief.Row.CreatedAt,
        };
        var bar = landed with { Output = default, Failure = Make.Failure, EndedAt = null };
        return (belief.Row.Id, landed, random.Next(3) == 0 ? bar : null);
    }

    public async Task<LandingAnswer> LandAsync(
        SessionId session, ExecutionId id, StepTry landed, CancellationToken cancellationToken)
    {
        try
        {
            return await TryAsync(session, id, landed, cancellationToken);
        }
        catch (Exception e) when (e is not StoreException && transactions.Judge(e) == TransactionFate.WorthRepeating)
        {
            throw new StoreException(StoreErrorKind.RolledBack, e.Message, e); // As other calls tell it.
        }
    }

    public Task<StepTry?> BarAsync(
        SessionId session, ExecutionId id, StepTry bar, CancellationToken cancellationToken) =>
        transactions.BarAsync(session, id, bar, cancellationToken);

    private async Task<LandingAnswer> TryAsync(
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
}
