using System.Diagnostics;
using Hydra.Soak.Histories;
using Hydra.Storage;

namespace Hydra.Soak.Chaos;

/// <summary>Reads through the client, many times a second, who owns what, and how executions look meanwhile.</summary>
internal sealed class Sampler(IHydraClient client, Fleet fleet, IOutages outages, Starter starter, Random random)
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(50);

    private readonly Dictionary<SessionId, string> _workers = [];
    private readonly Dictionary<ExecutionId, ExecutionRow> _rows = [];
    private readonly List<Watch> _watches = [];
    private readonly List<Recovery> _recoveries = [];
    private readonly List<ObservedExecution> _samples = [];
    private int _incidentsSeen;
    private TimeSpan _lasted;

    public IReadOnlyList<Recovery> Recoveries => _recoveries;

    public IReadOnlyList<ObservedExecution> Samples => _samples;

    /// <summary>Executions that are still with an owner that was hit.</summary>
    public IEnumerable<string> Unrecovered => _watches.Select(watch => $"{watch.Execution} of {watch.Incident.Worker}");

    /// <summary>Rows that were seen to go back: a lower epoch, or another state after a terminal one.</summary>
    public List<Violation> WentBack { get; } = [];

    public int Rounds { get; private set; }

    /// <summary>
    /// Whether it got to look at least a third as often as it wanted to. A machine that is busier than that, with what
    /// is no part of the test, tells nothing about how long anything takes.
    /// </summary>
    public bool KeptPace => Rounds * Pace * 3 >= _lasted;

    public async Task RunAsync(CancellationToken stopping)
    {
        var begun = Stopwatch.GetTimestamp();
        using var pace = new PeriodicTimer(Pace);
        try
        {
            while (await pace.WaitForNextTickAsync(stopping))
            {
                if (await TrySampleAsync(stopping))
                {
                    Rounds++;
                }
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

        var rows = await client.ListAsync(new() { Limit = 1_000 }, cancellationToken);
        var now = Stopwatch.GetTimestamp();
        NoteWhatWentBack(rows);
        Close(rows.ToDictionary(row => row.Id), now);
        foreach (var incident in incidents.Skip(_incidentsSeen))
        {
            _watches.AddRange(rows
                .Where(row => _workers.GetValueOrDefault(row.Owner) == incident.Worker)
                .Select(row => new Watch(incident, row.Id, row.Owner, row.Epoch)));
        }

        _incidentsSeen = incidents.Count;
        if (starter.Any(random) is { } id)
        {
            var details = await client.Execution(ExecutionId.Parse(id, null)).DescribeAsync(cancellationToken);
            _samples.Add(ObservedExecution.Parse(ExecutionJson.Format(details)));
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

    private void NoteWhatWentBack(IReadOnlyList<ExecutionRow> rows)
    {
        foreach (var row in rows)
        {
            if (_rows.TryGetValue(row.Id, out var before)
                && (row.Epoch < before.Epoch || (before.State.IsTerminal() && row.State != before.State)))
            {
                WentBack.Add(new("S5", $"{row.Id} was {before.State} at epoch {before.Epoch}, "
                    + $"then {row.State} at {row.Epoch}."));
            }

            _rows[row.Id] = row;
        }
    }

    private sealed record Watch(Incident Incident, ExecutionId Execution, SessionId Session, long Epoch);
}
