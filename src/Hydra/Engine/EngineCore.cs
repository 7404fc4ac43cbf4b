using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Hydra.Engine.Observing;
using Hydra.Engine.Pipeline;
using Hydra.Engine.Pruning;
using Hydra.Engine.Running;
using Hydra.Engine.Scheduling;
using Hydra.Engine.Workers;
using Hydra.Storage;

namespace Hydra.Engine;

/// <summary>Puts an engine together and owns its parts: store, pipeline, worker, client.</summary>
internal sealed class EngineCore : IAsyncDisposable
{
    private const long CacheBytes = 64L * 1024 * 1024;

    private static readonly TimeSpan ClientGrace = TimeSpan.FromSeconds(3); // Of an engine without a worker.
    private static readonly TimeSpan OpenPause = TimeSpan.FromMilliseconds(200);

    private static readonly JsonSerializerOptions BuiltIn = new(JsonSerializerDefaults.Web)
    {
        MaxDepth = 64,
        IncludeFields = true, // Tuples have nothing but fields.
    };

    private readonly HydraBuilder _builder;
    private readonly EngineRuntime _runtime;
    private readonly CommitPipeline _pipeline;
    private readonly CompletionHub _completions = new();
    private readonly EngineLog _log;
    private readonly StoreClock _clock;
    private readonly PayloadSerializer _serializer;
    private readonly RowCodec _codec;
    private readonly EngineMetrics _metrics;
    private readonly CountWatch _counts;
    private int _disposed;

    public EngineCore(HydraBuilder builder)
    {
        _builder = builder;
        _runtime = builder.Runtime ?? new PoolRuntime(builder.TimeProvider);
        _log = new EngineLog(new GuardedLogger(builder.LoggerFactory.CreateLogger("Hydra")));
        _clock = new StoreClock(_runtime.Time);
        _serializer = new PayloadSerializer(
            Complete(builder.JsonOptions), builder.Limits, builder.Payloads.Shapes);
        var meters = (IMeterFactory?)builder.Services.GetService(typeof(IMeterFactory));
        _metrics = new EngineMetrics(builder.Namespace, _runtime.Time, meters);
        var store = new ObservedStore(
            ReplayProgram.IsAsked
                ? new InMemoryWorkflowStore(builder.Namespace, builder.TimeProvider) // The user's is not touched.
                : builder.CreateStore(),
            _metrics);
        var payloads = builder.Payloads;
        var keyStore = GuardedSubjectKeys.Of(payloads.SubjectKeyStore, _runtime.Time) ?? store.SubjectKeys;
        var subjectKeys = payloads.Keys is { } ring && keyStore is { } kept
            ? new SubjectKeys(builder.Namespace, ring, kept, _runtime.Time)
            : null;
        var longest = Math.Max(builder.Limits.PayloadBytes, Failures.MaxBytes);
        _codec = new RowCodec(new PayloadCodec(
            builder.Namespace, payloads.Keys, payloads.CompressedFrom, longest, subjectKeys));
        Store = new DecodingStore(store, _codec);
        _pipeline = new CommitPipeline(Store, _runtime, _clock, _log, _codec);
        Registry = new WorkflowRegistry(builder.Workflows, builder.Defaults);
        Schedules = Store.Schedules is { } schedules
            ? new ScheduleKeeper(Store, schedules, _runtime, _clock, Registry, _codec, _metrics, _log)
            : null;
        Worker = builder.Worker is null ? null : CreateWorker(builder.Worker);
        Client = new HydraClient(
            Store, _pipeline, _completions, _runtime, _clock, _serializer, _codec, Registry, Worker, builder, _log,
            Schedules, _metrics);
        _counts = new CountWatch(token => Client.StatisticsAsync(cancellationToken: token), _runtime, _log);
        _metrics.Attach(Worker, _counts);
        Health = new EngineHealth(Store, _pipeline, Worker, _runtime, _log, Client.FindPassedOverAsync);
    }

    public IWorkflowStore Store { get; }

    public HydraClient Client { get; }

    public WorkflowRegistry Registry { get; }

    /// <summary>Null where the store keeps no schedules.</summary>
    public ScheduleKeeper? Schedules { get; }

    public Worker? Worker { get; }

    public EngineHealth Health { get; }

    /// <summary>The meter that its metrics go to.</summary>
    public Meter Meter => _metrics.Meter;

    /// <summary>Counts what is in the database, so that the gauges that are read next are of now.</summary>
    public Task CountAsync() => _counts.CountAsync();

    /// <summary>Calls engine code from a caller whose context plays no part in it.</summary>
    public T Enter<T>(Func<T> call) => _runtime.Enter(call);

    /// <summary>
    /// Opens store and worker; a database that is only busy is tried again for as long as clients are patient.
    /// </summary>
    public Task StartAsync(CancellationToken cancellationToken) => _runtime.Enter(async () =>
    {
        if (ReplayProgram.IsAsked)
        {
            await ReplayProgram.RunAsync(Client, Registry.Names, cancellationToken);
        }

        _builder.CheckServices();
        var begun = _runtime.Time.GetTimestamp();
        while (true)
        {
            try
            {
                await OpenAsync(cancellationToken);
                return;
            }
            catch (StoreException e) when (
                e.Kind is StoreErrorKind.NotSent or StoreErrorKind.RolledBack or StoreErrorKind.InDoubt
                && _runtime.Time.GetElapsedTime(begun) < _builder.ClientPatience)
            {
                _log.LoopFailed("Opening the engine", e);
                await Task.Delay(OpenPause, _runtime.Time, cancellationToken);
            }
        }
    });

    private async Task OpenAsync(CancellationToken cancellationToken)
    {
        CheckCapabilities(Store.Capabilities);
        if (_builder.MigrateOnOpen)
        {
            await Store.MigrateAsync(cancellationToken);
        }
        else
        {
            await Store.VerifyAsync(cancellationToken);
        }

        CheckCapabilities(Store.Capabilities); // Some learn what they can do from the database.
        await Client.DeclareAsync(cancellationToken);
        if (Worker is not null)
        {
            await Worker.StartAsync(cancellationToken);
            _metrics.Begin(Worker.Workflows);
        }

        Health.Opened();
    }

    /// <summary>Holds the options of the engine against those of its store.</summary>
    private void CheckCapabilities(StoreCapabilities store)
    {
        var added = _builder.Payloads.Keys is null ? 0 : PayloadCodec.MostAdded;
        var largest = store.MaxPayloadBytes - Payload.HeaderLength - added;
        // A start that is too large is refused when it comes; the output of a step would be lost once it has run.
        if (_builder.Worker is not null && _builder.Limits.PayloadBytes > largest)
        {
            throw new ArgumentException(
                $"Limits.PayloadBytes ({_builder.Limits.PayloadBytes:N0}) is more than the store '{store.Name}' "
                + $"takes, which is {largest:N0}. {store.MaxPayloadHint}".TrimEnd());
        }

        if (_builder.Retention.DeletesAnything && Store.Retention is null)
        {
            throw new ArgumentException(
                $"Retention says how long executions are kept, and the store '{store.Name}' keeps them for ever.");
        }

        if (_builder.Worker is { } worker && store.LongestLockWait > worker.ClaimTimeout / 2)
        {
            throw new ArgumentException(
                $"The store '{store.Name}' waits up to {store.LongestLockWait} for a lock (its BusyTimeout or "
                + $"LockTimeout), which must be at most half the ClaimTimeout ({worker.ClaimTimeout}): a heartbeat "
                + "that waits for it must not outlive the lease.");
        }
    }

    public void StopClaiming()
    {
        Health.Stopping();
        Worker?.StopClaiming();
    }

    public ValueTask DisposeAsync() => Interlocked.Exchange(ref _disposed, 1) == 1
        ? ValueTask.CompletedTask
        : new ValueTask(_runtime.Enter(async () =>
        {
            var shutdown = new Shutdown(_runtime.Time, _builder.Worker?.ShutdownGrace ?? ClientGrace);
            Health.Stopping();
            _counts.Stop();
            if (Worker is not null)
            {
                await Worker.StopAsync(shutdown);
            }

            Client.Close();
            var written = await shutdown.WaitForWritesAsync(_pipeline.StopAsync(shutdown.WritingLeft));
            var closed = await shutdown.WaitForCloseAsync(Store.DisposeAsync().AsTask());
            if (written && closed) // Calls of the store that are left behind still use both.
            {
                Worker?.Dispose();
                _pipeline.Dispose();
            }

            _metrics.Dispose();
            _counts.Dispose();
            _runtime.Dispose();
        }));

    private Worker CreateWorker(WorkerOptions options)
    {
        // Whoever has other keys can read what this one refuses.
        var build = (options.Build ?? Registry.ComputeBuild(_serializer.Options, _serializer.Names))
            + _codec.Payloads.KeysName;
        var cache = new JournalCache(CacheBytes);
        var line = new TransactionLine(Store.Capabilities.StepTransactions);
        return new Worker(
            Store,
            _runtime,
            _clock,
            _pipeline,
            _log,
            options,
            Registry,
            cache,
            _metrics,
            (session, lease, ended, readAnew) => new ActivationServices(
                _runtime, _clock, Store, _pipeline, _serializer, cache, _completions, _builder.Services, _log)
            {
                Metrics = _metrics,
                Codec = _codec,
                Worker = options,
                Build = build,
                Session = session,
                Line = line,
                Lease = lease,
                Ended = ended,
                ReadAnew = readAnew,
                GiveUp = (activation, reason) =>
                    _pipeline.Submit(new BrokenRelease(
                        activation.Id, activation.Epoch, build, reason, subject: activation.Subject), session),
            },
            build,
            Schedules,
            CreateRetention());
    }

    private RetentionDuty? CreateRetention() =>
        Store.Retention is { } retention && PrunePlan.Of(_builder.Retention, Registry) is { } plan
            ? new RetentionDuty(
                new Pruner(Store, retention, _runtime, _metrics, _codec, _log), plan, _builder.Retention.Interval)
            : null;

    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "Only where reflection is switched on.")]
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = "Only where reflection is switched on.")]
    private static JsonSerializerOptions Complete(JsonSerializerOptions? given) =>
        given is { TypeInfoResolver: not null }
            ? given
            : new JsonSerializerOptions(given ?? BuiltIn)
            {
                TypeInfoResolver = JsonSerializer.IsReflectionEnabledByDefault
                    ? new DefaultJsonTypeInfoResolver()
                    : throw new ArgumentException(
                        "This application has no reflection for JSON: set HydraBuilder.JsonOptions "
                        + "with a JsonSerializerContext."),
            };
}
