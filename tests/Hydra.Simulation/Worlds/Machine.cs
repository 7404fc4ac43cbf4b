using System.Text.Json;
using Hydra.Engine;
using Hydra.Simulation.Bugs;
using Hydra.Simulation.Programs;

namespace Hydra.Simulation.Worlds;

/// <summary>Where one process after the other lives: what a supervisor keeps running.</summary>
internal sealed class Machine(Scenario scenario, int number, WorkerOptions options, bool hasWorker)
{
    private static readonly TimeSpan LargestOffset = TimeSpan.FromHours(2);

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        TypeInfoResolver = new System.Text.Json.Serialization.Metadata.DefaultJsonTypeInfoResolver(),
    };

    private readonly TimeSpan _patience =
        scenario.Chance.Of(TimeSpan.Zero, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(30));

    private int _lives;
    private string? _deployed; // Null: every new process runs a build by chance.

    /// <summary>A value as processes write it.</summary>
    public static Payload Serialize(ProgramInput input) =>
        Payload.Create(JsonSerializer.SerializeToUtf8Bytes(input, Json));

    public WorkerOptions Options { get; } = options;

    /// <summary>The process that runs here now, or ran here last.</summary>
    public SimulatedProcess? Process { get; private set; }

    public EngineCore? Engine { get; private set; }

    /// <summary>Whether it is up and has a slot free, if it has any.</summary>
    public bool IsFree => IsUp && (Engine!.Worker is not { } worker || worker.FreeSlots > 0);

    /// <summary>Whether it is up and nothing runs.</summary>
    public bool IsIdle => IsUp && (Engine!.Worker is not { } worker || worker.FreeSlots == Options.Concurrency);

    /// <summary>Whether the engine is open and not closing.</summary>
    public bool IsUp { get; private set; }

    /// <summary>Whether executions run here, or only clients.</summary>
    public bool HasWorker => hasWorker;

    /// <summary>The build that the process runs.</summary>
    public string Build { get; private set; } = Builds.A;

    /// <summary>Whether a process is there at all, opening and closing included.</summary>
    public bool IsOccupied { get; private set; }

    /// <summary>Starts a new process, unless one is there.</summary>
    public void Boot()
    {
        if (IsOccupied)
        {
            return;
        }

        IsOccupied = true;
        var (offset, drift) = scenario.Faults.Clocks
            ? (scenario.Chance.Between(-LargestOffset, LargestOffset), scenario.Chance.Between(-2000, 2000))
            : default;
        var process = new SimulatedProcess(
            scenario.World, (++_lives * 10) + number, $"p{number}.{_lives}", offset, drift);
        scenario.World.Trace(process.Name, "boots");
        Process = process;
        Build = _deployed ?? (scenario.Faults.Builds ? scenario.Chance.Of(Builds.A, Builds.B) : Builds.A);
        _ = process.Enter(() => OpenAsync(process, Build));
    }

    /// <summary>New processes here are of this build.</summary>
    public void Plan(string build) => _deployed = build;

    /// <summary>From now on processes here are of this build; one of another is ended.</summary>
    public void Deploy(string build)
    {
        Plan(build);
        if (IsOccupied && Build != build)
        {
            scenario.Kill(Process!);
        }
    }

    /// <summary>The process has died, or its engine has closed: the next one starts after a while.</summary>
    public void Leave(SimulatedProcess process)
    {
        if (Process == process && IsOccupied)
        {
            IsOccupied = false;
            IsUp = false;
            process.Kill();
            scenario.World.Schedule(scenario.Chance.UpTo(TimeSpan.FromSeconds(5)), Boot);
        }
    }

    /// <summary>Shuts the engine down gracefully.</summary>
    public Task CloseAsync()
    {
        IsUp = false;
        scenario.World.Trace(Process!.Name, "closes");
        return Process.Enter(() => Engine!.DisposeAsync().AsTask());
    }

    private async Task OpenAsync(SimulatedProcess process, string build)
    {
        var builder = new HydraBuilder
        {
            Namespace = Scenario.Namespace,
            TimeProvider = process.Time,
            Runtime = new SimulatedRuntime(process, scenario.Bug),
            LoggerFactory = new SimulatedLog(
                process, scenario.MayRefuse, scenario.Faults.Builds, scenario.HasForeign),
            JsonOptions = Json,
            ClientPatience = _patience,
        };
        builder.UseStore(_ => new FaultyStore(scenario, process));
        foreach (var workflow in Builds.WorkflowsOf(build))
        {
            builder.AddWorkflow<ProgramInput, string>(
                workflow, (context, input) => RunAsync(process, build, context, input));
        }

        if (scenario.HasRetention)
        {
            builder.Retention.Keep(completed: Scenario.KeptFor).ArchiveTo(new SimulatedArchive(scenario));
            builder.Retention.Interval = TimeSpan.FromSeconds(2);
        }

        if (hasWorker)
        {
            builder.AddWorker(_ => Options with { Build = build });
        }

        builder.Validate();
        var engine = new EngineCore(builder);
        Engine = engine;
        try
        {
            await engine.StartAsync(CancellationToken.None);
        }
        catch (Exception) // The database was not to be had: the supervisor tries again.
        {
            await engine.DisposeAsync();
            Leave(process);
            return;
        }

        IsUp = true;
    }

    private async Task<string> RunAsync(
        SimulatedProcess process, string build, WorkflowContext context, ProgramInput input)
    {
        var program = scenario.Programs[input.Program];
        var host = new LiveHost(scenario, process, context.ExecutionId, program.MismatchedUnder == build);
        var output = await new Interpreter(context, host).RunAsync(program.Code);
        while (scenario.Bug == PlantedBug.NeverEnds)
        {
            await context.SleepAsync(TimeSpan.FromMinutes(1));
        }

        return output;
    }
}
