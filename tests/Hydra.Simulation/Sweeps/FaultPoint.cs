using System.Globalization;
using Hydra.Simulation.Faults;

namespace Hydra.Simulation.Sweeps;

/// <summary>One thing that goes wrong in a run: what becomes of one call, and of its process.</summary>
/// <param name="Call">The number of the call, from 1.</param>
/// <param name="Fate">What becomes of it.</param>
/// <param name="Blow">What becomes of its process.</param>
internal sealed record FaultPoint(int Call, Fate Fate, Blow Blow)
{
    /// <summary>Every way in which a call and its process can fail; an answer that nobody hears is one.</summary>
    public static IReadOnlyList<(Fate Fate, Blow Blow)> Ways { get; } =
    [
        .. from blow in new[] { Blow.None, Blow.Pause }
           from fate in new[]
           {
               Fate.NotSent, Fate.DoubtApplied, Fate.DoubtLost, Fate.DoubtLate, Fate.RolledBack, Fate.Blocked,
               Fate.Unavailable, Fate.Deterministic, Fate.ForeignApplied, Fate.ForeignLost,
           }
           select (fate, blow),
        (Fate.Fine, Blow.Pause),
        (Fate.Fine, Blow.Wait),
        (Fate.NotSent, Blow.Crash),
        (Fate.CrashAfter, Blow.Crash),
        (Fate.DoubtLate, Blow.Crash),
    ];

    /// <summary>Every way in which every one of some calls can fail.</summary>
    public static IEnumerable<FaultPoint> Among(int firstCall, int lastCall) =>
        from call in Enumerable.Range(firstCall, Math.Max(0, lastCall - firstCall + 1))
        from way in Ways
        select new FaultPoint(call, way.Fate, way.Blow);

    /// <summary>Reads what <see cref="Write"/> has written.</summary>
    public static FaultPoint[] Read(string text) =>
        Array.ConvertAll(text.Split('+', StringSplitOptions.RemoveEmptyEntries), Parse);

    /// <summary>Writes some in one line, for a command.</summary>
    public static string Write(IEnumerable<FaultPoint> points) => string.Join('+', points);

    public override string ToString() => $"{Call}:{Fate}:{Blow}";

    private static FaultPoint Parse(string text)
    {
        var parts = text.Split(':');
        return new FaultPoint(
            int.Parse(parts[0], CultureInfo.InvariantCulture), Enum.Parse<Fate>(parts[1]), Enum.Parse<Blow>(parts[2]));
    }
}
