using Hydra.Engine.Running;
using Hydra.Storage;

namespace Hydra.Engine.Workers;

/// <content>Noticing that the key of a subject was destroyed whose executions run here.</content>
internal sealed partial class Worker
{
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

    /// <summary>Looks for the key of what is about to run, which this process may have in memory.</summary>
    private static async Task LookForKeyAsync(WorkerSession session, IEnumerable<JournalEntry> entries)
    {
        if (session.Services.Codec.Payloads.Subjects is { } keys && entries.First().Subject is { } key)
        {
            try
            {
                await keys.RefreshAsync(key, CancellationToken.None);
            }
            catch (StoreException)
            {
                // What was claimed must not be lost for that: a round of maintenance looks again.
            }
        }
    }

    /// <summary>Looks for the keys of what runs here, once a round of maintenance.</summary>
    private async Task LookForShreddedAsync()
    {
        if (_session is not { Services.Codec.Payloads.Subjects: { } keys } session)
        {
            return;
        }

        var used = session.Activations.Values.Select(static activation => activation.Subject).OfType<SubjectKey>();
        foreach (var key in used.Distinct())
        {
            await keys.RefreshAsync(key, CancellationToken.None);
        }

        EndShredded();
    }
}
