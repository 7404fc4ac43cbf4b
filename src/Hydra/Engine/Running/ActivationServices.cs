using Hydra.Engine.Observing;
using Hydra.Engine.Pipeline;
using Hydra.Storage;

namespace Hydra.Engine.Running;

/// <summary>What every activation of a worker session shares.</summary>
internal sealed record ActivationServices(
    EngineRuntime Runtime,
    StoreClock Clock,
    IWorkflowStore Store,
    CommitPipeline Pipeline,
    PayloadSerializer Serializer,
    JournalCache Cache,
    CompletionHub Completions,
    IServiceProvider Services,
    EngineLog Log)
{
    /// <summary>What the engine counts.</summary>
    public required EngineMetrics Metrics { get; init; }

    /// <summary>Reads what is stored.</summary>
    public required RowCodec Codec { get; init; }

    /// <summary>The options of the worker.</summary>
    public required WorkerOptions Worker { get; init; }

    /// <summary>The build of the code.</summary>
    public required string Build { get; init; }

    /// <summary>The session that owns the executions.</summary>
    public required SessionId Session { get; init; }

    /// <summary>Where tries of transactional steps wait for their transactions.</summary>
    public required TransactionLine Line { get; init; }

    /// <summary>How long that session owns them, as far as this process knows.</summary>
    public required Lease Lease { get; init; }

    /// <summary>Gives up an execution whose activation broke, so that this build does not take it up again.</summary>
    public required Action<Activation, Failure> GiveUp { get; init; }

    /// <summary>Hands back an execution whose stored journal is, as it turns out, not the one it ran over.</summary>
    public required Action<Activation, StoreException> ReadAnew { get; init; }

    /// <summary>Tells the worker that an activation has ended: its slot is free, and when it is due again.</summary>
    public required Action<Activation, Instant?> Ended { get; init; }
}
