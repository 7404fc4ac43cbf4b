using System.Runtime.InteropServices;
using Hydra;
using Hydra.Sqlite;

namespace Samples;

/// <summary>What the samples have in common: an engine on a SQLite file, and an end that hands the work back.</summary>
internal static class Sample
{
    /// <summary>Runs a sample to its end or until it is stopped.</summary>
    /// <param name="args">The command line.</param>
    /// <param name="about">What it does, for --help.</param>
    /// <param name="database">Where executions are kept unless the command line says otherwise.</param>
    /// <param name="configure">Adds the workflows, which act upon the world outside.</param>
    /// <param name="run">Starts executions and follows them.</param>
    /// <returns>The exit code of the process.</returns>
    public static async Task<int> RunAsync(
        string[] args,
        string about,
        string database,
        Action<HydraBuilder, OutsideWorld> configure,
        Func<IHydraClient, CancellationToken, Task> run)
    {
        if (args is ["--help"] or ["-h"])
        {
            Console.WriteLine(about + Environment.NewLine + SampleOptions.Help(database));
            return 0;
        }

        using var stopping = new CancellationTokenSource();
        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true; // The process ends when the engine has handed its work back, not before.
            stopping.Cancel();
        }

        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        try
        {
            var options = SampleOptions.Parse(args, database);
            Console.WriteLine(File.Exists(options.Database)
                ? $"Going on with what is in {options.Database}:"
                : $"Beginning in {options.Database}. Press Ctrl-C, or kill this process, and run it again.");
            await using var hydra = await OpenAsync(options, configure, stopping.Token);
            await run(hydra.Client, stopping.Token);
            Console.WriteLine($"What was done, each thing once, is in {options.World}.");
            return 0;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            Console.WriteLine("Stopped. Run it again: it goes on where it was.");
            return 130;
        }
        catch (FormatException e)
        {
            Console.Error.WriteLine($"{e.Message} See --help.");
            return 2;
        }
        catch (HydraException e)
        {
            Console.Error.WriteLine(e.Message);
            return 1;
        }
    }

    private static Task<HydraEngine> OpenAsync(
        SampleOptions options, Action<HydraBuilder, OutsideWorld> configure, CancellationToken cancellationToken) =>
        HydraEngine.OpenAsync(
            hydra =>
            {
                hydra.UseSqlite(new SqliteStoreOptions
                {
                    Path = options.Database,
                    BusyTimeout = options.ClaimTimeout / 2,
                });
                configure(hydra, new OutsideWorld(options.World, options.Pace));
                hydra.AddWorker(worker => worker with
                {
                    ClaimTimeout = options.ClaimTimeout,
                    HeartbeatInterval = options.ClaimTimeout / 3,
                });
            },
            cancellationToken);
}
