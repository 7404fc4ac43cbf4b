using Hydra.Engine.Running;
using Hydra.Storage;

namespace Hydra.Engine.Workers;

/// <content>Noticing that the key of a subject was destroyed whose executions run here.</content>
internal sealed partial class Worker
{
    private Task _shreddedLook = Task.CompletedTask;

    /// <summary>Ends what runs here of subjects that are known to be shredded.</summary>
    public void EndShredded()
    {
        foreach (var activation in _session?.Activations.Values ?? [])
        {
            if (activation.Subject is { IsDestroyed: true })
            {
                activation.Hear(new SubjectShredded());
            }
        }
    }

    /// <summary>Looks for the keys of what is about to run, which this process may have in memory.</summary>
    private static async Task LookForKeysAsync(
        WorkerSession session, List<(ClaimedExecution Claimed, IEnumerable<JournalEntry> Entries)> claimed)
    {
        var used = claimed.Select(static one => one.Entries.First().Subject).OfType<SubjectKey>();
        if (session.Services.Codec.Payloads.Subjects is { } keys)
        {
            // What was claimed must not be lost where one cannot be had: a round of maintenance looks again.
            await keys.RefreshAsync(used, CancellationToken.None);
        }
    }

    /// <summary>
    /// Looks for the keys of what runs here, once a round of maintenance, unless the last look goes on still: what a
    /// round does for others does not wait for it.
    /// </summary>
    private void LookForShredded()
    {
        if (_shreddedLook.IsCompleted && _session is { Services.Codec.Payloads.Subjects: { } keys } session)
        {
            _shreddedLook = LookForShreddedAsync(session, keys);
        }
    }

    private async Task LookForShreddedAsync(WorkerSession session, SubjectKeys keys)
    {
        try
        {
            var used = session.Activations.Values.Select(static activation => activation.Subject).OfType<SubjectKey>();
            if (await keys.RefreshAsync(used, _stopped.Token) is { } failure && !_stopping)
            {
                _log.LoopFailed("Looking for subjects that were shredded", failure);
            }

            EndShredded();
        }
        catch (Exception e) // Whoever looks next must not find that this one has failed.
        {
            _log.LoopFailed("Looking for subjects that were shredded", e);
        }
    }
}
