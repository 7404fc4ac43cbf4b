using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Hydra.Engine;
using Hydra.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hydra;

/// <summary>Composes an engine: its store, its workflows, its worker. Not safe from several threads at once.</summary>
public sealed class HydraBuilder
{
    private readonly List<WorkflowDefinition> _workflows = [];
    private readonly Dictionary<Type, string> _names = [];
    private readonly List<NeededServices> _needs = [];
    private readonly Dictionary<string, Func<PayloadSerializer, Schedule>> _schedules = [];
    private Func<StoreSetup, IWorkflowStore>? _store;

    internal HydraBuilder()
    {
    }

    /// <summary>
    /// The namespace that isolates this engine's executions from all others. The default is "default".
    /// </summary>
    public string Namespace { get; set; } = "default";

    /// <summary>
    /// What holds for all workflows unless they or a start say otherwise. Aliases belong to one workflow, not here.
    /// </summary>
    /// <exception cref="ArgumentNullException">It is set to null.</exception>
    public WorkflowOptions Defaults { get; set => field = NotNull(value, nameof(Defaults)); } = new();

    /// <summary>How much of everything there may be.</summary>
    /// <exception cref="ArgumentNullException">It is set to null.</exception>
    public Limits Limits { get; set => field = NotNull(value, nameof(Limits)); } = new();

    /// <summary>
    /// How inputs and outputs become JSON. The default is the web style of System.Text.Json, by reflection.
    /// </summary>
    public JsonSerializerOptions? JsonOptions { get; set; }

    /// <summary>What becomes of payloads on their way to the database: nothing, unless you say so here.</summary>
    public PayloadOptions Payloads { get; } = new();

    /// <summary>How long executions are kept once they have ended: for ever, unless you say so here.</summary>
    public RetentionOptions Retention { get; } = new();

    /// <summary>
    /// Whether opening the engine creates or upgrades the schema. The default is yes; if not, opening checks that the
    /// schema fits, for deployments that migrate separately.
    /// </summary>
    public bool MigrateOnOpen { get; set; } = true;

    /// <summary>
    /// How long a call of a client tries again while the database is not to be had. The default is 30 seconds.
    /// </summary>
    public TimeSpan ClientPatience { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The clock and timers of the process. The default is the system's.</summary>
    /// <exception cref="ArgumentNullException">It is set to null.</exception>
    public TimeProvider TimeProvider
    {
        get;
        set => field = NotNull(value, nameof(TimeProvider));
    } = TimeProvider.System;

    /// <summary>Where logs go. With a host it is the host's; without one it is nowhere.</summary>
    /// <exception cref="ArgumentNullException">It is set to null.</exception>
    public ILoggerFactory LoggerFactory
    {
        get;
        set => field = NotNull(value, nameof(LoggerFactory));
    } = NullLoggerFactory.Instance;

    /// <summary>Where workflow classes and step bodies get their services. With a host it is the host's.</summary>
    /// <exception cref="ArgumentNullException">It is set to null.</exception>
    public IServiceProvider Services { get; set => field = NotNull(value, nameof(Services)); } = NoServices.Instance;

    internal WorkerOptions? Worker { get; private set; }

    internal IReadOnlyList<WorkflowDefinition> Workflows => _workflows;

    internal IReadOnlyDictionary<Type, string> WorkflowNames => _names;

    /// <summary>The schedules that are declared, which are whole once their inputs can be written.</summary>
    internal IReadOnlyCollection<Func<PayloadSerializer, Schedule>> Schedules => _schedules.Values;

    internal EngineRuntime? Runtime { get; set; }

    /// <summary>Says where executions are kept. Stores offer this as UseSqlite and the like.</summary>
    /// <param name="create">Makes the store when the engine opens; the engine disposes of it.</param>
    public HydraBuilder UseStore(Func<StoreSetup, IWorkflowStore> create)
    {
        ArgumentNullException.ThrowIfNull(create);
        _store = create;
        return this;
    }

    /// <summary>Keeps executions in memory: for tests and tries; nothing survives the process.</summary>
    /// <param name="database">Shared between several engines of one process; by default each has its own.</param>
    public HydraBuilder UseInMemory(InMemoryDatabase? database = null) =>
        UseStore(setup => new InMemoryWorkflowStore(
            database ?? new InMemoryDatabase(setup.TimeProvider), setup.Namespace));

    /// <summary>
    /// Registers a workflow class; it is made anew for every activation, with constructor injection. A service that its
    /// constructor needs and that is not registered keeps an engine with a worker from opening.
    /// </summary>
    /// <typeparam name="TWorkflow">The class.</typeparam>
    /// <param name="name">Its durable name. By default the class's name in kebab case: "user-onboarding".</param>
    /// <param name="options">What holds for its executions.</param>
    /// <exception cref="ArgumentException">The name is taken or not allowed, or an option is out of range.</exception>
    public IWorkflowRegistration<TWorkflow> AddWorkflow<
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TWorkflow>(
        string? name = null, WorkflowOptions? options = null) where TWorkflow : class, IWorkflow
    {
        var factory = ActivatorUtilities.CreateFactory<TWorkflow>([]);
        var registered = AddWorkflow(services => factory(services, null), name, options);
        var constructor = NeededServices.Choose(typeof(TWorkflow).GetConstructors());
        _needs.Add(new NeededServices(typeof(TWorkflow), _names[typeof(TWorkflow)], constructor));
        return registered;
    }

    /// <summary>Registers a workflow class that is made by a function.</summary>
    /// <typeparam name="TWorkflow">The class.</typeparam>
    /// <param name="create">Makes an instance for an activation from that activation's services.</param>
    /// <param name="name">Its durable name. By default the class's name in kebab case.</param>
    /// <param name="options">What holds for its executions.</param>
    /// <exception cref="ArgumentException">The name is taken or not allowed, or an option is out of range.</exception>
    public IWorkflowRegistration<TWorkflow> AddWorkflow<TWorkflow>(
        Func<IServiceProvider, TWorkflow> create, string? name = null, WorkflowOptions? options = null)
        where TWorkflow : class, IWorkflow
    {
        ArgumentNullException.ThrowIfNull(create);
        var durable = name ?? Names.Kebab(typeof(TWorkflow).Name);
        if (!_names.TryAdd(typeof(TWorkflow), durable))
        {
            throw new ArgumentException(
                $"{typeof(TWorkflow).Name} is registered already, as '{_names[typeof(TWorkflow)]}'.");
        }

        return Add<TWorkflow>(TWorkflow.Shape.Define(
            durable, options ?? new(), typeof(TWorkflow).Module.ModuleVersionId, create));
    }

    /// <summary>Registers a function as a workflow.</summary>
    /// <typeparam name="TInput">What it is started with.</typeparam>
    /// <typeparam name="TOutput">What it results in.</typeparam>
    /// <param name="name">Its durable name.</param>
    /// <param name="run">The workflow's code.</param>
    /// <param name="options">What holds for its executions.</param>
    /// <exception cref="ArgumentException">The name is taken or not allowed, or an option is out of range.</exception>
    public IWorkflowRegistration<IWorkflow<TInput, TOutput>> AddWorkflow<TInput, TOutput>(
        string name, Func<WorkflowContext, TInput, Task<TOutput>> run, WorkflowOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(run);
        return Add<IWorkflow<TInput, TOutput>>(new WorkflowDefinition<TInput, TOutput>(
            name, options ?? new(), run.Method.Module.ModuleVersionId, (_, context, input) => run(context, input)));
    }

    /// <summary>Registers a function without an output as a workflow.</summary>
    /// <typeparam name="TInput">What it is started with.</typeparam>
    /// <param name="name">Its durable name.</param>
    /// <param name="run">The workflow's code.</param>
    /// <param name="options">What holds for its executions.</param>
    /// <exception cref="ArgumentException">The name is taken or not allowed, or an option is out of range.</exception>
    public IWorkflowRegistration<IWorkflow<TInput, Nothing>> AddWorkflow<TInput>(
        string name, Func<WorkflowContext, TInput, Task> run, WorkflowOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(run);
        return Add<IWorkflow<TInput, Nothing>>(new WorkflowDefinition<TInput, Nothing>(
            name, options ?? new(), run.Method.Module.ModuleVersionId, async (_, context, input) =>
            {
                await run(context, input);
                return default;
            }));
    }

    /// <summary>
    /// Declares a schedule of a workflow by its name, which need not be registered here. A registered one declares its
    /// own with types: AddWorkflow(...).Schedule(...).
    /// </summary>
    /// <remarks>
    /// It is written when an engine opens, but only when this declaration is not the one that was written last: what
    /// somebody has changed since stays, and so does a pause. What is declared no more stays until it is deleted.
    /// </remarks>
    /// <param name="schedule">The schedule.</param>
    /// <exception cref="ArgumentException">
    /// A name or option is not allowed, or the name is declared already.
    /// </exception>
    public HydraBuilder AddSchedule(Schedule schedule)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        Declare(schedule, serializer => schedule with
        {
            Input = serializer.Check(schedule.Input, "The input of the schedule"),
        });
        return this;
    }

    /// <summary>Declares a schedule of a workflow by names and a cron expression, all checked at once.</summary>
    /// <param name="name">The name of the schedule, unique within the namespace.</param>
    /// <param name="cron">The cron expression, as <see cref="Timetable.Cron"/> reads it.</param>
    /// <param name="workflow">The durable name of the workflow.</param>
    /// <param name="input">What its executions are given. The default is nothing.</param>
    /// <param name="timeZone">The IANA name of a time zone. The default is "UTC".</param>
    /// <param name="options">How it behaves.</param>
    /// <exception cref="InvalidCronException">It is no cron expression; the exception tells the position.</exception>
    /// <exception cref="ArgumentException">
    /// A name or option is not allowed, the name is declared already, or the time zone is not known here.
    /// </exception>
    public HydraBuilder AddSchedule(
        string name,
        string cron,
        string workflow,
        Payload input = default,
        string timeZone = "UTC",
        ScheduleOptions? options = null) =>
        AddSchedule(new Schedule(name, workflow, Timetable.Cron(cron, timeZone))
        {
            Input = input,
            Options = options ?? new ScheduleOptions(),
        });

    internal void Declare(Schedule schedule, Func<PayloadSerializer, Schedule> complete)
    {
        schedule.Validate();
        if (!_schedules.TryAdd(schedule.Name, complete))
        {
            throw new ArgumentException($"A schedule named '{schedule.Name}' is declared already.");
        }
    }

    /// <summary>Lets this process run executions. Without it, it only starts and follows them.</summary>
    /// <param name="configure">Changes the defaults: worker => worker with { Concurrency = 50 }.</param>
    /// <exception cref="ArgumentException">An option is out of range or contradicts another.</exception>
    public HydraBuilder AddWorker(Func<WorkerOptions, WorkerOptions>? configure = null)
    {
        if (Worker is not null)
        {
            throw new ArgumentException("This engine has a worker already; raise its Concurrency instead.");
        }

        var options = configure?.Invoke(new WorkerOptions()) ?? new WorkerOptions();
        options.Validate();
        Worker = options;
        return this;
    }

    internal void Validate()
    {
        Names.Validate(Namespace, nameof(Namespace), Limits.MaxNameLength);
        Limits.Validate();
        Retention.Validate();
        Defaults.Validate(nameof(Defaults));
        if (Defaults.Aliases.Count > 0)
        {
            throw new ArgumentException(
                "Defaults.Aliases is set, but an alias is an earlier name of one workflow: set it with AddWorkflow.");
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(ClientPatience, TimeSpan.Zero, nameof(ClientPatience));
        if (_store is null)
        {
            throw new ArgumentException(
                "No store is set: call UseSqlite, UsePostgreSql, UseMySql, UseInMemory or UseStore.");
        }

        if (Worker is not null && _workflows.Count == 0)
        {
            throw new ArgumentException("A worker needs workflows to run: call AddWorkflow.");
        }
    }

    /// <summary>Checks what a worker will need, now that the services are known.</summary>
    /// <exception cref="InvalidOperationException">A service is not registered; the message says which.</exception>
    internal void CheckServices()
    {
        foreach (var need in Worker is null ? [] : _needs)
        {
            need.Check(Services);
        }
    }

    /// <summary>Checks what a workflow needs to be made.</summary>
    /// <exception cref="InvalidOperationException">A service is not registered; the message says which.</exception>
    internal void CheckServices(string workflow) => _needs.Find(need => need.Workflow == workflow)?.Check(Services);

    internal IWorkflowStore CreateStore() => _store!(new StoreSetup(Namespace, TimeProvider, LoggerFactory));

    private static T NotNull<T>(T value, string name)
    {
        ArgumentNullException.ThrowIfNull(value, name);
        return value;
    }

    private WorkflowRegistration<TWorkflow> Add<TWorkflow>(WorkflowDefinition workflow) where TWorkflow : class
    {
        Names.Validate(workflow.Name, "The name of a workflow", Limits.MaxNameLength);
        workflow.Options.Validate(workflow.Name);
        var own = new HashSet<string>();
        foreach (var name in workflow.Options.Aliases.Prepend(workflow.Name))
        {
            Names.Validate(name, "The name of a workflow", Limits.MaxNameLength);
            if (!own.Add(name)
                || _workflows.Any(other => other.Name == name || other.Options.Aliases.Contains(name)))
            {
                throw new ArgumentException($"A workflow named '{name}' is registered already.");
            }
        }

        _workflows.Add(workflow);
        return new WorkflowRegistration<TWorkflow>(this, workflow.Name);
    }
}
