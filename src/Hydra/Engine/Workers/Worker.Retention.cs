using Hydra.Storage;

namespace Hydra.Engine.Workers;

/// <content>
/// Deleting what has been kept for long enough. The worker whose session is the smallest that lives looks in every
/// interval, the second in every other, and so on: so one does nearly all of it, and if that one has been told to keep
/// everything, another comes by some time. Two at once do no harm.
/// </content>
internal sealed partial class Worker
{
    private const int MostRanks = 20;

    private static readonly TimeSpan FirstLook = TimeSpan.FromMinutes(1);

    /// <summary>A piece and the archive of it take no longer; the rest behind it beats by itself.</summary>
    private static readonly TimeSpan LongestPiece = TimeSpan.FromMinutes(10);

    private async Task PruneLoopAsync()
    {
        var interval = _retention!.Interval;
        var wait = interval < FirstLook ? interval : FirstLook;
        while (!_stopping)
        {
            wait *= 0.75 + (0.5 * _runtime.NextChance());
            _prunePulse!.Beat(wait);
            await _prune.WaitAsync(wait);
            if (_stopping)
            {
                return;
            }

            _prunePulse.Beat();

            try
            {
                var rank = await FindRankAsync();
                wait = interval * (rank + 1);
                await PruneAsync();
            }
            catch (OperationCanceledException) when (_stopped.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                _log.LoopFailed("Deleting what is old enough", e);
                wait = interval;
            }
        }
    }

    private async Task PruneAsync()
    {
        var summary = await _retention!.PruneAsync(_prunePulse!.Beat, _stopped.Token);
        if (summary.Deleted > 0 || summary.NotArchived > 0)
        {
            _log.Pruned(summary.Deleted, summary.PassedOver, summary.NotArchived);
        }
    }

    /// <summary>How many live sessions have a smaller number.</summary>
    private async Task<int> FindRankAsync()
    {
        var sessions = await _store.Queries.ListSessionsAsync(_stopped.Token);
        var (now, own) = (_clock.Now, _session?.Id ?? SessionId.None);
        var smaller = sessions.Count(session => session.ExpiresAt > now && session.Id.Value < own.Value);
        return Math.Min(smaller, MostRanks - 1);
    }
}
