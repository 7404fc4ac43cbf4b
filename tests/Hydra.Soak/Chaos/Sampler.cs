using System.Diagnostics;
using Hydra.Soak.Histories;
using Hydra.Storage;

namespace Hydra.Soak.Chaos;

/// <summary>Reads through the client, many times a second, who owns what, and how executions look meanwhile.</summary>
internal sealed class Sampler(IHydraClient client, Fleet fleet, IOutages outages, Starter starter, Random random)
{
    private const int CountEvery = 5; // Rounds.

    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(50);

    private readonly Dictionary<SessionId, string> _workers = [];
    private readonly Dictionary<ExecutionId, (ExecutionRow Row, long SeenAt)> _rows = [];
    private readonly List<Watch> _watches = [];
    private readonly List<Recovery> _recoveries = [];
    private readonly List<(ObservedExecution Execution, long SeenAt)> _samples = [];
    private readonly List<(Violation Violation, long From, long To)> _wentBack = [];
    private readonly List<ObservedCounts> _counts = [];
    private int _incidentsSeen;
    private int _looks;
    private TimeSpan _lasted;

    public IReadOnlyList<Recovery> Recoveries => _recoveries;

    /// <summary>How executions looked, but for what may have been undone in the next moment.</summary>
    public IReadOnlyList<ObservedExecution> Samples =>
    [
        .. _samples.Where(one => !outages.MayUndo(one.SeenAt, one.SeenAt + Stopwatch.Frequency))
            .Select(static one => one.Execution),
    ];

    /// <summary>What was counted while nothing changed.</summary>
    public IReadOnlyList<ObservedCounts> Counts => _counts;

    /// <summary>Executions that are still with an owner that was hit.</summary>
    public IEnumerable<string> Unrecovered => _watches.Select(watch => $"{watch.Execution} of {watch.Incident.Worker}");

    /// <summary>Rows that were seen to go back: a lower epoch, or another state after a terminal one.</summary>
    public IEnumerable<Violation> WentBack =>
        _wentBack.Where(one => !outages.MayUndo(one.From, one.To)).Select(static one => one.Violation);

    public int Rounds { get; private set; }

    /// <summary>
    /// Whether it got to look at least two thirds as often as it wanted to, in vain or not. A machine that is busier
    /// than that, with what is no part of the test, tells nothing about how long anything takes.
    /// </summary>
    public bool KeptPace => _looks * Pace * 1.5 >= _lasted;

    public async Task RunAsync(CancellationToken stopping)
    {
        var begun = Stopwatch.GetTimestamp();
        using var pace = new PeriodicTimer(Pace);
        try
        {
            while (await pace.WaitForNextTickAsync(stopping))
            {
                Rounds += await TrySampleAsync(stopping) ? 1 : 0;
                _looks++;
            }
        }
        catch (OperationCanceledException)
        {
            _lasted = Stopwatch.GetElapsedTime(begun);
        }
    }

    private async Task<bool> TrySampleAsync(CancellationToken cancellationToken)
    {
        try
        {
            await SampleAsync(cancellationToken);
            return true;
        }
        catch (StoreException)
        {
            return false; // The database is not there; what happened meanwhile shows in the next round.
        }
    }

    private async Task SampleAsync(CancellationToken cancellationToken)
    {
        var incidents = fleet.Incidents; // Before the rows are read: what they show came later.
        foreach (var session in await client.WorkersAsync(cancellationToken))
        {
            _workers[session.Id] = session.Worker;
        }

        var acknowledged = starter.Acknowledged;
        var rows = await client.ListAsync(new() { Limit = 1_000 }, cancellationToken);
        var now = Stopwatch.GetTimestamp();
        NoteWhatWentBack(rows, now);
        Close(rows.ToDictionary(row => row.Id), now);
        foreach (var incident in incidents.Skip(_incidentsSeen))
        {
            _watches.AddRange(rows
                .Where(row => _workers.GetValueOrDefault(row.Owner) == incident.Worker)
                .Select(row => new Watch(incident, row.Id, row.Owner, row.Epoch)));
        }

        _incidentsSeen = incidents.Count;
        if (_looks % CountEvery == 0)
        {
            await CountAsync(rows, acknowledged, cancellationToken);
        }

        if (starter.Any(random) is { } id)
        {
            var details = await client.Execution(ExecutionId.Parse(id, null)).DescribeAsync(cancellationToken);
            _samples.Add((ObservedExecution.Parse(ExecutionJson.Format(details)), now));
        }
    }

    /// <summary>Counts what was listed, which tells something when it is listed the same behind that.</summary>
    private async Task CountAsync(
        IReadOnlyList<ExecutionRow> rows, int acknowledged, CancellationToken cancellationToken)
    {
        var statistics = await client.StatisticsAsync(cancellationToken: cancellationToken);
        var again = await client.ListAsync(new() { Limit = 1_000 }, cancellationToken);
        if (rows.SequenceEqual(again))
        {
            _counts.Add(ObservedCounts.Of(acknowledged, starter.Asked, rows, statistics));
        }
    }

    private void Close(Dictionary<ExecutionId, ExecutionRow> rows, long now)
    {
        foreach (var watch in _watches.ToList())
        {
            var row = rows[watch.Execution];
            var (at, continuedAt) = (watch.Incident.At, watch.Incident.ContinuedAt);
            if (row.Owner != watch.Session || row.Epoch > watch.Epoch || continuedAt != 0)
            {
                // An owner that was continued before anybody took its work has it again: it was without one until then.
                var until = continuedAt == 0 ? now : Math.Min(now, continuedAt);
                _watches.Remove(watch);
                _recoveries.Add(new Recovery(watch.Incident.Fault, watch.Incident.Worker, watch.Execution,
                    Stopwatch.GetElapsedTime(at, until) - outages.Excused(at, until)));
            }
        }
    }

    private void NoteWhatWentBack(IReadOnlyList<ExecutionRow> rows, long now)
    {
        foreach (var row in rows)
        {
            if (_rows.TryGetValue(row.Id, out var before) && IsBehind(row, before.Row))
            {
                var violation = new Violation("S5", $"{row.Id} was {before.Row.State} at epoch {before.Row.Epoch}, "
                    + $"then {row.State} at {row.Epoch}.");
                _wentBack.Add((violation, before.SeenAt, now));
            }

            _rows[row.Id] = (row, now);
        }
    }

    private static bool IsBehind(ExecutionRow row, ExecutionRow before) =>
        row.Epoch < before.Epoch || (before.State.IsTerminal() && row.State != before.State);

    private sealed record Watch(Incident Incident, ExecutionId Execution, SessionId Session, long Epoch);
}
