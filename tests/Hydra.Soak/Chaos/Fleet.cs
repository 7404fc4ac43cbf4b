using System.Diagnostics;
using Hydra.Soak.Support;

namespace Hydra.Soak.Chaos;

/// <summary>Worker processes that are killed and stopped, at most half of them at once, and brought back.</summary>
internal sealed class Fleet(Scene scene, Random random, int size, TimeSpan claimTimeout)
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan FaultInterval = TimeSpan.FromSeconds(1);

    private readonly Berth[] _berths = [.. Enumerable.Range(1, size).Select(number => new Berth(number))];
    private readonly List<Incident> _incidents = [];
    private volatile int[] _stopped = [];

    /// <summary>What else is in the environment of a worker, by its number from 1.</summary>
    public Func<int, IEnumerable<(string, string)>> Variables { get; init; } = static _ => [];

    /// <summary>The processes that are stopped, and may hold a lock that they cannot give back.</summary>
    public IReadOnlyCollection<int> StoppedProcesses => _stopped;

    public IReadOnlyList<Incident> Incidents
    {
        get
        {
            lock (_incidents)
            {
                return [.. _incidents];
            }
        }
    }

    public void Start()
    {
        foreach (var berth in _berths)
        {
            Start(berth);
        }
    }

    /// <summary>Waits until all of them work.</summary>
    public async Task AreThereAsync(IHydraClient client)
    {
        List<Berth> missing = [];
        try
        {
            await Eventually.HoldsAsync("All workers are there", async () =>
            {
                var sessions = await Patiently.ReadAsync(
                    () => client.WorkersAsync(TestContext.Current.CancellationToken));
                missing = [.. _berths.Where(berth => sessions.All(session => session.Worker != berth.Name))];
                return missing.Count == 0;
            });
        }
        catch (TimeoutException exception)
        {
            var told = missing.Select(static berth =>
                $"{berth.Name}, {(berth.Process!.HasExited ? "ended" : "running")}:\n{berth.Process.Output}"
                + berth.Process.Error);
            throw new TimeoutException($"{exception.Message}\n{string.Join('\n', told)}", exception);
        }
    }

    /// <summary>Hurts the workers for a while, then heals them all.</summary>
    public async Task HurtAsync(TimeSpan duration, CancellationToken cancellationToken)
    {
        var begun = Stopwatch.GetTimestamp();
        var nextFault = FaultInterval;
        using var pace = new PeriodicTimer(Pace);
        while (Stopwatch.GetElapsedTime(begun) < duration && await pace.WaitForNextTickAsync(cancellationToken))
        {
            Heal(berth => Stopwatch.GetElapsedTime(berth.DownSince) >= berth.DownFor);
            if (Stopwatch.GetElapsedTime(begun) >= nextFault)
            {
                nextFault += FaultInterval;
                Hurt();
            }
        }

        Heal(_ => true);
    }

    /// <summary>Asks every worker to end, once all of them work.</summary>
    /// <returns>Their exit codes.</returns>
    public async Task<IReadOnlyList<int>> EndAsync(IHydraClient client)
    {
        await AreThereAsync(client);
        foreach (var berth in _berths)
        {
            berth.Process!.Signal(UnixSignal.Terminate);
        }

        return await Task.WhenAll(_berths.Select(berth => berth.Process!.ExitAsync()));
    }

    private void Hurt()
    {
        var up = _berths.Where(berth => berth.Down is null).ToList();
        if (up.Count <= size / 2)
        {
            return;
        }

        var berth = up[random.Next(up.Count)];
        berth.Down = random.Next(10) < 6 ? Fault.Kill : Fault.Stop;
        berth.DownFor = berth.Down == Fault.Stop
            ? claimTimeout * 3
            : TimeSpan.FromMilliseconds(random.Next(100, 3_000));
        if (berth.Down == Fault.Kill)
        {
            berth.Process!.Kill();
        }
        else
        {
            berth.Process!.Signal(UnixSignal.Stop);
            _stopped = [.. _stopped, berth.Process.Id];
        }

        berth.DownSince = Stopwatch.GetTimestamp();
        berth.Incident = new Incident(berth.Down.Value, berth.Name, berth.DownSince);
        lock (_incidents)
        {
            _incidents.Add(berth.Incident);
        }
    }

    private void Heal(Func<Berth, bool> isTime)
    {
        foreach (var berth in _berths.Where(berth => berth.Down is not null && isTime(berth)))
        {
            if (berth.Down == Fault.Kill)
            {
                Start(berth);
            }
            else
            {
                berth.Process!.Signal(UnixSignal.Continue);
                berth.Incident!.ContinuedAt = Stopwatch.GetTimestamp();
                _stopped = [.. _stopped.Where(id => id != berth.Process.Id)];
            }

            berth.Down = null;
        }
    }

    private void Start(Berth berth)
    {
        // A name of its own for each process, by which its sessions are known afterwards.
        berth.Name = $"worker-{berth.Number}.{++berth.Starts}";
        berth.Process = scene.StartWorker(
            berth.Name,
            [
                ("HYDRA_CLAIM_TIMEOUT", Durations.Format(claimTimeout)),
                ("MAX_CONCURRENCY", "10"),
                .. Variables(berth.Number),
            ]);
    }

    private sealed class Berth(int number)
    {
        public int Number { get; } = number;

        public int Starts { get; set; }

        public string Name { get; set; } = "";

        public ProgramProcess? Process { get; set; }

        public Fault? Down { get; set; }

        public Incident? Incident { get; set; }

        public long DownSince { get; set; }

        public TimeSpan DownFor { get; set; }
    }
}
