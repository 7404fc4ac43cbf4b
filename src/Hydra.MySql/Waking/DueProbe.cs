using Hydra.MySql.Connections;
using Hydra.MySql.Reading;
using Hydra.MySql.Transitions;

namespace Hydra.MySql.Waking;

/// <summary>Looks now and then whether anything is due for this process, since the database cannot tell it.</summary>
/// <remarks>
/// It looks at the first of each level of the workflows that were last claimed for, as an idle claim does, and whether
/// a schedule is due: nothing is written for it, and what a stranger's transaction has made due is seen as well. A look
/// that fails is as good as one that finds nothing. While something is due that this process does not take, every look
/// ends a wait; the pauses bound how often. Somebody's old snapshot makes looks dear, since they walk over all that has
/// been claimed since; then there are fewer.
/// </remarks>
internal sealed class DueProbe(Database database, TimeSpan interval, TimeProvider time) : IDisposable
{
    private const int Share = 10; // Of the time, looking takes one part of so many at most.

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stopping = new();
    private volatile ClaimRequest? _claim;

    /// <summary>Takes down what this process claims for.</summary>
    public void Note(ClaimRequest claim) => _claim = claim;

    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
        try
        {
            var (begun, found) = (time.GetTimestamp(), false);
            for (var took = TimeSpan.Zero; !found; took = time.GetElapsedTime(begun))
            {
                await Task.Delay(Pause(interval, Random.Shared.NextDouble(), took), time, either.Token);
                begun = time.GetTimestamp();
                found = await IsAnythingDueAsync(either.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new StoreException(StoreErrorKind.NotSent, "The store has been disposed. Make a new one.");
        }
    }

    /// <summary>How long to pause after a look that took some time.</summary>
    public static TimeSpan Pause(TimeSpan interval, double chance, TimeSpan took)
    {
        var drawn = interval * ((chance * 4 / 3) + (1.0 / 3));
        var least = took * Share < LongestPause ? took * Share : LongestPause;
        return drawn > least ? drawn : least;
    }

    public void Dispose() => _stopping.Cancel();

    private async Task<bool> IsAnythingDueAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await database.RunAsync(exchange => LookAsync(exchange, cancellationToken), cancellationToken);
        }
        catch (StoreException)
        {
            return false;
        }
    }

    private async Task<bool> LookAsync(Exchange exchange, CancellationToken cancellationToken)
    {
        var claim = _claim;
        var workflows = claim?.Workflows.Where(StoreRules.IsStorable).ToList()
            ?? await Counting.ReadWorkflowsAsync(exchange, database, cancellationToken);
        exchange.AddNow();
        exchange.AddScoped(database.Sql.SetBuild).Bind("@session", claim?.Session.Value ?? 0);
        exchange.AddRows(database.Sql.ReadLevels, Level.Numbered(workflows));
        exchange.AddScoped(database.Sql.IsScheduleDue);
        await exchange.SendAsync(cancellationToken);
        var now = await exchange.ReadNowAsync();
        var levels = await exchange.ReadAsync(row => Level.Read(row, workflows), cancellationToken);
        var isScheduleDue = await exchange.ReadOneAsync(static row => row.GetBoolean(0), cancellationToken);
        await exchange.EndAsync(cancellationToken);
        return isScheduleDue
            || levels.Exists(level => level.First <= now && (!level.Suspect || claim is not { AcceptSuspect: false }));
    }
}
