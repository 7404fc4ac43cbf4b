using Hydra.Soak.Support;
using Hydra.Storage;

namespace Hydra.Soak.Chaos;

/// <summary>Keeps workers running as a service manager would, and knows when each process ended.</summary>
internal sealed class Supervisor(string prefix, int size, Func<string, ProgramProcess> start) : IDisposable
{
    private readonly Dictionary<string, ProgramProcess> _all = []; // By the name of the worker.
    private readonly string[] _running = new string[size];
    private int _starts;
    private bool _over; // A test that fails must leave nobody running.

    public int Ends
    {
        get
        {
            lock (_all)
            {
                return _all.Values.Count(process => process.HasExited);
            }
        }
    }

    public async Task RunAsync(CancellationToken stopping)
    {
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        try
        {
            do
            {
                KeepRunning();
            }
            while (await pace.WaitForNextTickAsync(stopping));
        }
        catch (OperationCanceledException)
        {
            KillAll();
        }
    }

    public void Dispose() => KillAll();

    /// <summary>
    /// The crashes of an execution that were blamed on a process which lived: there must be none, however long that
    /// process was blocked, busy or locked out.
    /// </summary>
    public IEnumerable<string> FalseDeaths(ExecutionDetails execution)
    {
        lock (_all)
        {
            return execution.Crashes.Where(crash => !WasDead(crash)).Select(crash =>
                $"{execution.Row.Id} of {execution.Row.Workflow} was taken from {crash.Worker}, which lived.").ToList();
        }
    }

    private bool WasDead(CrashRow crash) =>
        _all.TryGetValue(crash.Worker, out var process) && process.HasExited
        && Instant.From(process.ExitedAt) <= crash.At;

    private void KeepRunning()
    {
        lock (_all)
        {
            for (var i = 0; i < size && !_over; i++)
            {
                if (_running[i] is null || _all[_running[i]].HasExited)
                {
                    _running[i] = $"{prefix}-{++_starts}";
                    _all[_running[i]] = start(_running[i]);
                }
            }
        }
    }

    private void KillAll()
    {
        lock (_all)
        {
            _over = true;
            foreach (var process in _all.Values.Where(process => !process.HasExited))
            {
                process.Kill();
            }
        }
    }
}
