using System.Diagnostics;
using Hydra.Soak.Histories;
using Hydra.Storage;

namespace Hydra.Soak.Chaos;

/// <summary>Reads through the client, many times a second, who owns what, and how executions look meanwhile.</summary>
internal sealed class Sampler(IHydraClient client, Fleet fleet, LockProbe probe, Starter starter, Random random)
{
    private readonly Dictionary<SessionId, string> _workers = [];
    private readonly Dictionary<ExecutionId, ExecutionRow> _rows = [];
    private readonly List<Watch> _watches = [];
    private readonly List<Recovery> _recoveries = [];
    private readonly List<ObservedExecution> _samples = [];
    private int _incidentsSeen;

    public IReadOnlyList<Recovery> Recoveries => _recoveries;

    public IReadOnlyList<ObservedExecution> Samples => _samples;

    /// <summary>Executions that are still with an owner that was hit.</summary>
    public IEnumerable<string> Unrecovered => _watches.Select(watch => $"{watch.Execution} of {watch.Incident.Worker}");

    /// <summary>Rows that were seen to go back: a lower epoch, or another state after a terminal one.</summary>
    public List<Violation> WentBack { get; } = [];

    public int Rounds { get; private set; }

    public async Task RunAsync(CancellationToken stopping)
    {
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        try
        {
            while (await pace.WaitForNextTickAsync(stopping))
            {
                await SampleAsync(stopping);
                Rounds++;
            }
        }
        catch (OperationCanceledException)
        {
            // The run is over.
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
                    Stopwatch.GetElapsedTime(at, until) - probe.HeldWithin(at, until)));
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
