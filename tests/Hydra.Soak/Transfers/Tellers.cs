using System.Globalization;
using Hydra.Soak.Support;

namespace Hydra.Soak.Transfers;

/// <summary>
/// Processes that move money. Each second one is killed and another takes its place; now and then one stands still for
/// longer than its lease, and goes on.
/// </summary>
/// <remarks>
/// Whoever has not moved much yet is spared: on a busy machine, where a process needs seconds to begin, the work would
/// never be done.
/// </remarks>
internal sealed class Tellers(Scene scene, Random random, int concurrency)
{
    private const int Size = 3;
    private const int StopEvery = 6;
    private const int StopFor = 3; // Longer than the lease.

    private readonly ProgramProcess?[] _places = new ProgramProcess?[Size];
    private int? _stopped; // The place of who stands still.
    private int _starts;

    public int Kills { get; private set; }

    public int Stops { get; private set; }

    public void Start()
    {
        for (var place = 0; place < Size; place++)
        {
            Start(place);
        }
    }

    /// <summary>Does what is to be done in a second, the first being 1.</summary>
    public void Hurt(int second)
    {
        if (second % StopEvery == StopFor)
        {
            Continue();
        }
        else if (second % StopEvery == 0 && Draw() is { } still)
        {
            Stops++;
            _stopped = still;
            _places[still]!.Signal(UnixSignal.Stop);
        }

        if (Draw() is { } place)
        {
            Kills++;
            _places[place]!.Kill();
            Start(place);
        }
    }

    /// <summary>Lets whoever stands still go on, then asks all that have moved much to end.</summary>
    /// <returns>Their exit codes.</returns>
    public async Task<int[]> EndAsync()
    {
        Continue();
        var worthwhile = _places.Where(IsWorthwhile).ToList();
        worthwhile.ForEach(static teller => teller!.Signal(UnixSignal.Terminate));
        return await Task.WhenAll(worthwhile.Select(static teller => teller!.ExitAsync()));
    }

    private static bool IsWorthwhile(ProgramProcess? teller) =>
        teller!.Output.Contains("worthwhile", StringComparison.Ordinal);

    /// <summary>A place in which somebody has moved much and does not stand still; null when there is none.</summary>
    private int? Draw()
    {
        var places = Enumerable.Range(0, Size)
            .Where(place => place != _stopped && IsWorthwhile(_places[place]))
            .ToList();
        return places.Count > 0 ? places[random.Next(places.Count)] : null;
    }

    private void Continue()
    {
        if (_stopped is { } place)
        {
            _places[place]!.Signal(UnixSignal.Continue);
            _stopped = null;
        }
    }

    private void Start(int place) => _places[place] = scene.StartTeller(
        $"teller-{place}.{++_starts}",
        ("MAX_CONCURRENCY", concurrency.ToString(CultureInfo.InvariantCulture)));
}
