using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace Hydra.Soak.Support;

/// <summary>A real process of one of our programs, which a test may stop, continue and kill.</summary>
internal sealed class ProgramProcess : IAsyncDisposable
{
    private const int Interrupt = 2;
    private const int Terminate = 15;
    private const int Continue = 18;
    private const int Stop = 19;

    // What a developer's shell has set must not reach the programs.
    private static readonly string[] Variables =
    [
        "DATABASE_URL", "NAMESPACE", "WORKER_ID", "MAX_CONCURRENCY", "HYDRA_CLAIM_TIMEOUT", "HYDRA_HEARTBEAT_INTERVAL",
        "HYDRA_POLL_INTERVAL", "HYDRA_MIGRATE_ON_OPEN", "ASPNETCORE_URLS",
    ];

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _error = new();

    private ProgramProcess(Process process)
    {
        _process = process;
        Id = process.Id;
        process.OutputDataReceived += (_, e) => Keep(_output, e.Data);
        process.ErrorDataReceived += (_, e) => Keep(_error, e.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public int Id { get; }

    /// <summary>When it ended; only once it has.</summary>
    public DateTimeOffset ExitedAt => new(_process.ExitTime);

    public bool HasExited => _process.HasExited;

    public string Output => Read(_output);

    public string Error => Read(_error);

    public static ProgramProcess Start(
        string program,
        string directory,
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string>? environment = null,
        string? input = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            WorkingDirectory = directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (var variable in Variables)
        {
            start.Environment.Remove(variable);
        }

        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        return new ProgramProcess(process);
    }

    /// <summary>Runs a program to its end.</summary>
    public static async Task<ProgramResult> RunAsync(
        string program,
        string directory,
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string>? environment = null,
        string? input = null,
        double withinSeconds = 60)
    {
        await using var process = Start(program, directory, arguments, environment, input);
        var code = await process.ExitAsync(withinSeconds);
        return new ProgramResult(code, process.Output, process.Error);
    }

    /// <summary>kill -9.</summary>
    public void Kill() => _process.Kill();

    public void Signal(UnixSignal signal) => _ = kill(Id, signal switch
    {
        UnixSignal.Stop => Stop,
        UnixSignal.Continue => Continue,
        UnixSignal.Interrupt => Interrupt,
        _ => Terminate,
    });

    public async Task<int> ExitAsync(double withinSeconds = 60)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(withinSeconds));
        await _process.WaitForExitAsync(patience.Token); // Also until both streams are read to their ends.
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int kill(int pid, int signal);

    private static void Keep(StringBuilder lines, string? line)
    {
        if (line is not null)
        {
            lock (lines)
            {
                lines.Append(line).Append('\n');
            }
        }
    }

    private static string Read(StringBuilder lines)
    {
        lock (lines)
        {
            return lines.ToString();
        }
    }
}
