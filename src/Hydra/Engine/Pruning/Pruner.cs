using Hydra.Engine.Observing;
using Hydra.Storage;

namespace Hydra.Engine.Pruning;

/// <summary>Deletes what has ended long enough ago: the oldest first, in small pieces, archived before.</summary>
/// <remarks>
/// It walks over ids, which sort by the time of their start, up to those that cannot be old enough; no index knows what
/// is. After each piece it rests for a multiple of the time that the database took for it, however long that was: so it
/// takes a fixed small share of whatever the database can do, and less when that is busy. Any number of walks may go on
/// at once: each deletes what the others have not. An execution that cannot be archived is kept, and keeps none of the
/// others.
/// </remarks>
internal sealed class Pruner(
    IWorkflowStore store,
    IRetentionStore retention,
    EngineRuntime runtime,
    EngineMetrics metrics,
    RowCodec codec,
    EngineLog log)
{
    private const int Page = 1_000;
    internal const int MostExecutions = 100;
    internal const long MostEntries = 2_000;
    private const int RestPerWork = 11; // A twelfth of the time is work.
    private const int MostLogged = 10; // Of those that one walk cannot archive: without its keys that may be all.

    private static readonly TimeSpan BeatInterval = TimeSpan.FromMinutes(1); // While it rests.

    /// <summary>Clocks of processes that give ids may be behind the database's, or ahead.</summary>
    private static readonly TimeSpan ClockSlack = TimeSpan.FromHours(1);

    /// <param name="plan">What is deleted.</param>
    /// <param name="beat">Called before each page and each piece.</param>
    /// <param name="cancellationToken">Ends it after the piece that it is at.</param>
    public async Task<PruneSummary> PruneAsync(
        PrunePlan plan, Action? beat, CancellationToken cancellationToken)
    {
        var now = await store.Queries.NowAsync(cancellationToken);
        var youngest = now.Plus(-plan.Least).Plus(ClockSlack).ToDateTimeOffset().ToUnixTimeMilliseconds();
        var before = ExecutionId.Create(Math.Max(0, youngest), 0, 0);
        var (summary, after) = (new PruneSummary(0, 0), (ExecutionId?)null);
        do
        {
            beat?.Invoke();
            var page = await retention.ListEndedAsync(after, before, Page, cancellationToken);
            var old = page.Executions.Where(ended => plan.IsOldEnough(ended, now)).ToList();
            foreach (var piece in Pieces(old))
            {
                beat?.Invoke();
                cancellationToken.ThrowIfCancellationRequested();
                var left = plan.Limit - summary.Deleted;
                if (left <= 0)
                {
                    return summary;
                }

                summary = Add(
                    summary,
                    await PruneAsync(piece.Take(left).ToList(), plan, summary.NotArchived, beat, cancellationToken));
            }

            after = page.Next;
        }
        while (after is not null);

        return summary;
    }

    /// <summary>Pieces of about the same work, of at least one execution each.</summary>
    private static IEnumerable<List<EndedRow>> Pieces(List<EndedRow> all)
    {
        var (piece, entries) = (new List<EndedRow>(), 0L);
        foreach (var ended in all)
        {
            if (piece.Count == MostExecutions || (piece.Count > 0 && entries + ended.LastSeq >= MostEntries))
            {
                yield return piece;
                (piece, entries) = ([], 0);
            }

            piece.Add(ended);
            entries += ended.LastSeq + 1;
        }

        if (piece.Count > 0)
        {
            yield return piece;
        }
    }

    private async Task<PruneSummary> PruneAsync(
        List<EndedRow> piece, PrunePlan plan, int notArchivedBefore, Action? beat, CancellationToken cancellationToken)
    {
        if (plan.DryRun)
        {
            return new PruneSummary(piece.Count, 0);
        }

        var (archived, notArchived, work) = plan.Archive is { } archive
            ? await ArchiveAsync(piece, archive, notArchivedBefore, beat, cancellationToken)
            : (piece, 0, TimeSpan.Zero);
        var begun = runtime.Time.GetTimestamp();
        var deleted = await DeleteAsync(archived, cancellationToken);
        work += runtime.Time.GetElapsedTime(begun);
        foreach (var ended in piece.Where(ended => deleted.Contains(ended.Id)))
        {
            metrics.Pruned(ended.Workflow, ended.State);
        }

        await RestAsync(work * RestPerWork, beat, cancellationToken);
        return new PruneSummary(deleted.Count, piece.Count - notArchived - deleted.Count)
        {
            NotArchived = notArchived,
        };
    }

    private async Task RestAsync(TimeSpan rest, Action? beat, CancellationToken cancellationToken)
    {
        for (var left = rest; left > TimeSpan.Zero; left -= BeatInterval)
        {
            beat?.Invoke();
            await Task.Delay(left < BeatInterval ? left : BeatInterval, runtime.Time, cancellationToken);
        }
    }

    private async Task<HashSet<ExecutionId>> DeleteAsync(
        List<EndedRow> piece, CancellationToken cancellationToken)
    {
        if (piece.Count == 0)
        {
            return [];
        }

        try
        {
            return [.. await retention.DeleteAsync(piece, cancellationToken)];
        }
        catch (StoreException e) when (e.Blocked) // Somebody holds one of them. The next walk comes by again.
        {
            return [];
        }
    }

    /// <returns>
    /// Those that are in the archive now, without what another walk has deleted meanwhile; how many cannot be; and for
    /// how long the database was read, which is not what the archive takes.
    /// </returns>
    private async Task<(List<EndedRow> Archived, int NotArchived, TimeSpan Read)> ArchiveAsync(
        List<EndedRow> piece,
        IExecutionArchive archive,
        int notArchivedBefore,
        Action? beat,
        CancellationToken cancellationToken)
    {
        var (archived, notArchived, read) = (new List<EndedRow>(), 0, TimeSpan.Zero);
        try
        {
            foreach (var ended in piece)
            {
                beat?.Invoke(); // A key may be waited for.
                try
                {
                    var begun = runtime.Time.GetTimestamp();
                    var details = await ExecutionReader.ReadAsync(store, ended.Id, cancellationToken);
                    read += runtime.Time.GetElapsedTime(begun);
                    EnsureReadable(details);
                    await GuardAsync(archive, one => one.AppendAsync(details, cancellationToken));
                    archived.Add(ended);
                }
                catch (ExecutionNotFoundException)
                {
                    // Its archive is the other walk's.
                }
                catch (Exception e) when (IsOfThisOne(e))
                {
                    notArchived++;
                    if (notArchivedBefore + notArchived <= MostLogged)
                    {
                        log.NotArchived(ended.Id, ended.Workflow, e);
                    }
                }
            }
        }
        finally
        {
            // Whatever breaks this off: no archive stays open for it.
            await GuardAsync(archive, one => one.FlushAsync(cancellationToken));
        }

        return (archived, notArchived, read);
    }

    /// <summary>What an archive of the application throws may say anything, also of what is in it.</summary>
    private static async Task GuardAsync(IExecutionArchive archive, Func<IExecutionArchive, Task> call)
    {
        try
        {
            await call(archive);
        }
        catch (Exception e) when (archive is not JsonLinesArchive && WithheldMessages.Withhold(e))
        {
            throw; // Marked, and never caught here.
        }
    }

    /// <summary>Whether the execution is at fault, and not the database or the archive.</summary>
    private static bool IsOfThisOne(Exception e) =>
        e is PayloadException
            or StoreException { Kind: StoreErrorKind.Deterministic, Denied: false }
            or StoreException { IsAboutKey: true };

    /// <summary>
    /// What cannot be read here would not be in the archive, and is gone once it is deleted. What nobody reads any
    /// more, since its subject was shredded, is gone already.
    /// </summary>
    private void EnsureReadable(ExecutionDetails details)
    {
        if (details.Journal.Any(entry => RowCodec.IsEncoded(entry) && !codec.IsShredded(details.Row.Id, entry))
            || details.Tries.Any(row => RowCodec.IsEncoded(row) && !codec.IsShredded(details.Row.Id, row)))
        {
            throw new PayloadException(
                $"Execution {details.Row.Id} has values that cannot be read here, so it is neither archived nor "
                + "deleted. Give this process the keys that they are encrypted with, and Limits.PayloadBytes as large "
                + "as they are.");
        }
    }

    private static PruneSummary Add(PruneSummary one, PruneSummary other) =>
        new(one.Deleted + other.Deleted, one.PassedOver + other.PassedOver)
        {
            NotArchived = one.NotArchived + other.NotArchived,
        };
}
