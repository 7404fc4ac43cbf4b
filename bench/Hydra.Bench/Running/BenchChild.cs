using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Hydra.Bench;

/// <summary>Another process of this program that shares a database; it ends with its standard input.</summary>
internal sealed class BenchChild : IDisposable
{
    private readonly Process _process;

    private BenchChild(params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet")
        {
            start.ArgumentList.Add(typeof(BenchChild).Assembly.Location);
        }

        Array.ForEach(arguments, start.ArgumentList.Add);
        _process = Process.Start(start)!;
    }

    /// <summary>A process that runs what others start.</summary>
    public static BenchChild Serve(BenchStore store, string database, int slots) =>
        new("--child", "serve", "--store", store.Name, "--database", database, "--concurrency", Text(slots));

    /// <summary>A process that starts executions and runs them.</summary>
    public static BenchChild Load(BenchStore store, string database, int concurrency, int count) => new(
        "--child", "load", "--store", store.Name, "--database", database, "--concurrency", Text(concurrency),
        "--count", Text(count));

    /// <summary>Waits until its engine is open and warm.</summary>
    public async Task ReadyAsync()
    {
        if (await _process.StandardOutput.ReadLineAsync() != "ready")
        {
            throw new InvalidOperationException("A process of the benchmark ended before it was ready.");
        }
    }

    /// <summary>Lets it work and waits for what it has to tell.</summary>
    public async Task<ChildReport> GoAsync()
    {
        await _process.StandardInput.WriteLineAsync("go");
        var line = await _process.StandardOutput.ReadLineAsync()
            ?? throw new InvalidOperationException("A process of the benchmark ended before its work.");
        return JsonSerializer.Deserialize(line, BenchJson.Default.ChildReport)!;
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }

    /// <summary>What such a process does.</summary>
    public static async Task RunAsync(string role, BenchContext bench, string database, int count)
    {
        await using var engine = await bench.OpenAsync(
            database, role == "serve" ? bench.Concurrency : bench.AmpleSlots);
        if (role == "serve")
        {
            Console.WriteLine("ready");
            await Console.In.ReadToEndAsync();
            return;
        }

        await bench.RunAsync(engine, BenchWorkflows.OneStep, count / 10, steps: 1);
        Console.WriteLine("ready");
        if (await Console.In.ReadLineAsync() is null)
        {
            return;
        }

        var cpu = Machine.CpuSeconds();
        var (latencies, elapsed) = await bench.RunAsync(engine, BenchWorkflows.OneStep, count, steps: 1);
        Console.WriteLine(JsonSerializer.Serialize(
            new ChildReport(
                count,
                elapsed.TotalSeconds,
                latencies.Percentile(0.50),
                latencies.Percentile(0.95),
                latencies.Percentile(0.99),
                Machine.CpuSeconds() - cpu),
            BenchJson.Default.ChildReport));
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
