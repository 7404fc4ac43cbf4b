using Hydra.Engine.Running;

namespace Hydra.Engine.Workers;

/// <summary>
/// Finds workflow code that never comes back, such as an endless loop or a wait for itself, and lets go of it.
/// </summary>
/// <remarks>
/// .NET cannot end a thread, so what is given back is the slot, not the thread. Time is counted in looks that saw the
/// same turn, never by the clock alone: a process that was stopped or got no processor must not blame its workflows.
/// No more than as many threads as the worker has slots are given up; after that its slots stay taken, because a
/// process of lost threads is of no use to anybody.
/// </remarks>
internal sealed class TurnWatch(TimeSpan limit, TimeSpan interval, int mostLost)
{
    private readonly int _looks = Math.Max(2, (int)Math.Ceiling(limit / interval));
    private Dictionary<Activation, (object Turn, int Looks)> _seen = [];
    private List<(Activation Activation, object Turn)> _lost = [];

    /// <summary>Looks once per interval.</summary>
    /// <param name="activations">What runs now.</param>
    public void Look(IEnumerable<Activation> activations)
    {
        _lost = _lost.FindAll(static one => one.Turn.Equals(one.Activation.Turn));
        var seen = new Dictionary<Activation, (object Turn, int Looks)>();
        foreach (var activation in activations.Union(_seen.Keys)) // A lost session's are still here.
        {
            if (activation.Turn is not { } turn || _lost.Exists(one => one.Activation == activation))
            {
                continue;
            }

            var isSame = _seen.TryGetValue(activation, out var before) && before.Turn.Equals(turn);
            var looks = isSame ? before.Looks + 1 : 1;
            if (looks > _looks && _lost.Count < mostLost && activation.Abandon(Reason(), limit, _lost.Count + 1))
            {
                _lost.Add((activation, turn));
            }
            else
            {
                seen[activation] = (turn, looks);
            }
        }

        _seen = seen;
    }

    private Failure Reason() => new(
        "Hydra.NeverYields",
        $"The workflow's code ran for {limit} without awaiting anything, so that it could be neither suspended nor "
        + "cancelled. Look for an endless loop, for long work outside of a step, and for .Result or .Wait() on a "
        + "durable call. A new build frees the execution.");
}
