using Hydra.Engine.Running;
using Hydra.Storage;

namespace Hydra.Engine.Workers;

/// <summary>
/// Compares what a beat says the session owns with what runs. A difference counts only when two beats in a row show it,
/// because claims, starts and settlements may be under way during one. A beat that has not looked counts for nothing,
/// and one that has looked at what runs says nothing of all else.
/// </summary>
internal sealed class BeatCheck(WorkerSession session)
{
    private HashSet<(ExecutionId Id, long Epoch)> _unknown = [];
    private HashSet<(ExecutionId Id, long Epoch)> _missing = [];
    private Dictionary<ExecutionId, Activation> _before = [];

    /// <summary>Called before the beat: only what runs now can be missing in its answer.</summary>
    /// <returns>What runs now, as the beat is told.</returns>
    public IReadOnlyCollection<ExecutionId> Begin()
    {
        _before = new Dictionary<ExecutionId, Activation>(session.Activations);
        return [.. _before.Keys];
    }

    /// <summary>
    /// Passes on mail, tells activations that have lost their lease, and answers what nobody here knows.
    /// </summary>
    public List<OwnedExecution> Compare(HeartbeatAnswer answer, bool claimInFlight)
    {
        var orphans = new List<OwnedExecution>();
        if (answer.Look == BeatLook.Nothing)
        {
            return orphans;
        }

        var unknown = new HashSet<(ExecutionId Id, long Epoch)>();
        foreach (var owned in answer.Owned)
        {
            if (session.Activations.TryGetValue(owned.Id, out var activation) && activation.Epoch == owned.Epoch)
            {
                _before.Remove(owned.Id);
                if (owned.Requests != ExecutionRequests.None)
                {
                    activation.Hear(new MailArrived(owned.Mail, owned.Requests));
                }
            }
            else if (answer.Look == BeatLook.Everything
                && !claimInFlight && !session.PendingStarts.ContainsKey(owned.Id)
                && !session.Waiting.ContainsKey(owned.Id))
            {
                unknown.Add((owned.Id, owned.Epoch));
                if (_unknown.Contains((owned.Id, owned.Epoch)))
                {
                    orphans.Add(owned);
                }
            }
        }

        _unknown = answer.Look == BeatLook.Everything ? unknown : _unknown;
        FindLost();
        return orphans;
    }

    private void FindLost()
    {
        var missing = new HashSet<(ExecutionId Id, long Epoch)>();
        foreach (var (id, activation) in _before)
        {
            if (!session.Activations.TryGetValue(id, out var current) || current != activation)
            {
                continue; // It has ended meanwhile.
            }

            missing.Add((id, activation.Epoch));
            if (_missing.Contains((id, activation.Epoch)))
            {
                activation.Hear(new LeaseLost());
            }
        }

        _missing = missing;
    }
}
