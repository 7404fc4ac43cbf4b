using Hydra.Engine.Running;
using Hydra.Storage;

namespace Hydra.Engine.Workers;

/// <content>Noticing that the key of a subject was destroyed whose executions run here.</content>
internal sealed partial class Worker
{
    private Task _shreddedLook = Task.CompletedTask;
    private static readonly TimeSpan LongWait = TimeSpan.FromSeconds(1); // For a key.
    private static readonly TimeSpan KeyDelay = TimeSpan.FromSeconds(10); // Of what has waited in vain.

    private long _keyFailedAt; // As a timestamp; 0 before the first.

    /// <summary>Whether keys could not be had a moment ago, or are waited for by now.</summary>
    private bool AreKeysAway(WorkerSession session) =>
        (Volatile.Read(ref _keyFailedAt) is var at and > 0 && _runtime.Time.GetElapsedTime(at) < 2 * KeyDelay)
        || session.Waiting.Values.Any(one => _runtime.Time.GetElapsedTime(one.Since) > LongWait);

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

    /// <summary>
    /// Begins what was claimed for subjects once their keys were looked for, which this process may have in memory.
    /// It has its slots meanwhile, and nothing else waits for it.
    /// </summary>
    private async Task BeginApartAsync(
        WorkerSession session, IReadOnlyList<ClaimedExecution> claimed, CachedJournals cached)
    {
        var failures = await Task.WhenAll(claimed.Select(one => TryBeginAsync(session, one, cached)));
        if (failures.FirstOrDefault(static failure => failure is not null) is { } first && !_stopping)
        {
            _log.LoopFailed("Reading the keys of subjects", first);
        }
    }

    /// <returns>Why it does not begin now.</returns>
    private async Task<Exception?> TryBeginAsync(
        WorkerSession session, ClaimedExecution claimed, CachedJournals cached)
    {
        try
        {
            var decoded = await session.Services.Codec.DecodeAsync(claimed, _stopped.Token);
            if (cached.Complete(decoded) is not { } entries)
            {
                HandBackUnlike(session, claimed.Row.Id, claimed.Row.Epoch, claimed.Row.Workflow);
                FreeSlot();
                return null;
            }

            await LookForKeyAsync(session, entries.First().Subject);
            _metrics.Claimed(claimed.Row.Workflow);
            Activate(session, decoded, entries);
            return null;
        }
        catch (Exception e)
        {
            NoteFailure();
            PutOff(session, claimed.Row);
            FreeSlot();
            return e;
        }
        finally
        {
            session.Waiting.TryRemove(claimed.Row.Id, out _);
        }

        void FreeSlot()
        {
            _slots.Release(1);
            _wake.Set();
        }
    }

    /// <summary>Looks whether the key of what is about to run was destroyed.</summary>
    private async Task LookForKeyAsync(WorkerSession session, SubjectKey? key)
    {
        if (key is not null && session.Services.Codec.Payloads.Subjects is { } keys)
        {
            try
            {
                await keys.RefreshAsync(key, _stopped.Token);
            }
            catch (StoreException)
            {
                NoteFailure(); // It was there a moment ago: a round of maintenance looks again.
            }
        }
    }

    private void NoteFailure() => Volatile.Write(ref _keyFailedAt, Math.Max(1, _runtime.Time.GetTimestamp()));

    /// <summary>Hands back what was claimed and waits for a key in vain: it is due again a little later.</summary>
    private void PutOff(WorkerSession session, ExecutionRow row)
    {
        if (!_stopping)
        {
            var due = _clock.Now.Plus(KeyDelay);
            _pipeline.Submit(new KeyRelease(row, due, () => ExpectDue(due)), session.Id);
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
            _besides.Add(_shreddedLook);
        }
    }

    private async Task LookForShreddedAsync(WorkerSession session, SubjectKeys keys)
    {
        var used = session.Activations.Values.Select(static activation => activation.Subject).OfType<SubjectKey>();
        var failures = await Task.WhenAll(used.Distinct().Select(TryLookAsync));
        if (failures.FirstOrDefault(static failure => failure is not null) is { } first && !_stopping)
        {
            _log.LoopFailed("Looking for subjects that were shredded", first);
        }

        async Task<Exception?> TryLookAsync(SubjectKey key)
        {
            try
            {
                await keys.RefreshAsync(key, _stopped.Token);
                if (key.IsDestroyed)
                {
                    EndShredded();
                }

                return null;
            }
            catch (Exception e)
            {
                return e;
            }
        }
    }
}
