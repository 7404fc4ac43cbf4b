using Hydra.Engine;
using Hydra.Engine.Observing;
using Hydra.Engine.Pipeline;
using Hydra.Engine.Running;
using Hydra.Engine.Scheduling;
using Hydra.Engine.Workers;
using Hydra.Storage;

namespace Hydra;

/// <summary>
/// The client of an engine. Its calls enter the engine's runtime, so that a caller's context plays no part.
/// </summary>
internal sealed partial class HydraClient(
    IWorkflowStore store,
    CommitPipeline pipeline,
    CompletionHub completions,
    EngineRuntime runtime,
    StoreClock clock,
    PayloadSerializer serializer,
    RowCodec codec,
    WorkflowRegistry registry,
    Worker? worker,
    HydraBuilder builder,
    EngineLog log,
    ScheduleKeeper? keeper,
    EngineMetrics metrics) : IHydraClient
{
    private static readonly StartOptions NoOptions = new();

    private const int StartsPerShard = 512;

    private long _starts;
    private byte _shard;
    private volatile bool _closed;

    public string Namespace => store.Namespace;

    public IWorkflowClient<TWorkflow> Workflow<TWorkflow>() where TWorkflow : class, IWorkflow =>
        Workflow<TWorkflow>(transaction: null);

    public IWorkflowClient<IWorkflow<TInput, TOutput>> Workflow<TInput, TOutput>(string name) =>
        Workflow<TInput, TOutput>(name, transaction: null);

    public Task<ExecutionHandle> StartAsync(
        string workflow, Payload input, StartOptions? options = null, CancellationToken cancellationToken = default) =>
        Enter(async () => new ExecutionHandle(this, await StartCoreAsync(
            workflow, serializer.Check(input, "The input of the workflow"), options ?? NoOptions, cancellationToken)));

    public Task<ExecutionHandle<TOutput>> StartTypedAsync<TInput, TOutput>(
        string workflow, TInput input, StartOptions? options, CancellationToken cancellationToken) =>
        Enter(async () => new ExecutionHandle<TOutput>(this, await StartCoreAsync(
            workflow, serializer.Write(input, "The input of the workflow"), options ?? NoOptions, cancellationToken)));

    public ExecutionHandle Execution(ExecutionId id) => new(this, id);

    public ExecutionHandle<TOutput> Execution<TOutput>(ExecutionId id) => new(this, id);

    /// <summary>Takes no more calls; those that wait for an execution end.</summary>
    public void Close()
    {
        _closed = true;
        completions.SignalAll();
    }

    internal T Enter<T>(Func<T> call)
    {
        ThrowIfClosed();
        return runtime.Enter(call);
    }

    private void ThrowIfClosed() => ObjectDisposedException.ThrowIf(_closed, typeof(HydraEngine));

    private async Task<ExecutionId> StartCoreAsync(
        string workflow, Payload input, StartOptions options, CancellationToken cancellationToken)
    {
        var id = NewExecution(workflow, input, options);
        using var span = EngineTraces.Start(Namespace, workflow, id);
        var subject = options.Subject is { } name ? await SubjectAsync(name, cancellationToken) : null;
        await pipeline.ReserveAsync(cancellationToken);
        var startsNow = options.StartAt is null && (options.Delay ?? TimeSpan.Zero) == TimeSpan.Zero;
        var owner = startsNow ? worker?.ReserveFor(workflow, id) ?? default : default;
        var start = new PendingStart(
            WithSubject(CreateStart(id, workflow, input, options, owner), subject), pipeline, worker, PatienceEnds());
        pipeline.Submit(start, start.Session);
        try
        {
            var started = await start.WaitAsync(cancellationToken);
            EngineTraces.EndStart(span, id, started);
            return started;
        }
        catch (Exception e)
        {
            EngineTraces.End(span, "failed", e.GetType().FullName);
            throw;
        }
    }

    private static StartOperation WithSubject(StartOperation start, SubjectKey? subject) => subject is null
        ? start
        : start with { Subject = subject, Input = start.Input with { Subject = subject } };

    /// <summary>Makes the id of an execution that may be started as it is meant to be.</summary>
    private ExecutionId NewExecution(string workflow, Payload input, StartOptions options)
    {
        Names.Validate(workflow, "The name of a workflow", Limits.MaxNameLength);
        options.Validate();
        if (options.Key is not null)
        {
            Names.ValidateKey(options.Key, "The key of an execution");
        }

        var id = ExecutionId.Create(
            runtime.Time.GetUtcNow().ToUnixTimeMilliseconds(),
            new UInt128(runtime.NextRandom(), runtime.NextRandom()),
            ShardFor(options.Key));
        if (input.Length > serializer.Limits.PayloadWarningBytes)
        {
            log.LargePayload(id, input.Length, "input of the workflow");
        }

        return id;
    }

    private StartOperation CreateStart(
        ExecutionId id, string workflow, Payload input, StartOptions options, SessionId owner)
    {
        var settings = registry.OptionsOf(workflow);
        var start = new StartOperation
        {
            Id = id,
            Workflow = workflow,
            Aliases = options.Key is null ? [] : registry.NamesOf(workflow),
            Key = options.Key,
            InputHash = input.HashText,
            Input = new JournalEntry
            {
                Seq = 0,
                Kind = EntryKind.Input,
                Key = TraceContext.Capture(),
                Input = input,
                At = clock.Now,
                Epoch = 0,
            },
            Priority = options.Priority,
            Delay = options.Delay ?? TimeSpan.Zero,
            DueAt = options.StartAt is { } startAt ? Instant.From(startAt) : null,
            MaxAttempts = options.MaxAttempts ?? settings.MaxAttempts ?? WorkflowOptions.DefaultMaxAttempts,
            RetryBackoff = options.RetryBackoff ?? settings.RetryBackoff ?? WorkflowOptions.DefaultRetryBackoff,
            Owner = owner,
            SubjectName = options.Subject,
        };
        return start.WithTimeout(options.Timeout ?? settings.Timeout);
    }

    private byte ShardFor(string? key)
    {
        if (key is null)
        {
            // Random, but the same for a while: what is written together then lies together in the tables.
            var start = Interlocked.Increment(ref _starts);
            if (start % StartsPerShard == 1)
            {
                Volatile.Write(ref _shard, (byte)runtime.NextRandom());
            }

            return Volatile.Read(ref _shard);
        }

        return ExecutionId.ShardOf(Namespace, key);
    }

    internal long PatienceEnds()
    {
        // Cut to a year: a patience without end must not overflow.
        var seconds = Math.Min(builder.ClientPatience.TotalSeconds, TimeSpan.FromDays(365).TotalSeconds);
        return runtime.Time.GetTimestamp() + (long)(seconds * runtime.Time.TimestampFrequency);
    }
}
