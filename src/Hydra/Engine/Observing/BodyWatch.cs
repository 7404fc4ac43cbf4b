using System.Diagnostics;
using Hydra.Engine.Running;

namespace Hydra.Engine.Observing;

/// <summary>One try of a step's body as metrics and traces see it; next to nothing while nobody does.</summary>
internal readonly struct BodyWatch
{
    private readonly EngineMetrics _metrics;
    private readonly StepCall _call;
    private readonly string _workflow;
    private readonly long? _begun;
    private readonly Activity? _span;

    private BodyWatch(EngineMetrics metrics, string workflow, StepCall call, StepContext context, Activity? run)
    {
        _metrics = metrics;
        _workflow = workflow;
        _call = call;
        _begun = metrics.TimesSteps ? metrics.Now : null;
        _span = EngineTraces.Step(run, call.Name, context);
    }

    /// <summary>The body begins. Called from an asynchronous method, whose context the span then is part of.</summary>
    public static BodyWatch Begin(
        EngineMetrics metrics, string workflow, StepCall call, StepContext context, Activity? run) =>
        new(metrics, workflow, call, context, run);

    /// <summary>The try has ended.</summary>
    /// <param name="error">What it threw; null when it succeeded.</param>
    /// <param name="wasTold">Whether the body had been told to end.</param>
    public void End(Exception? error, bool wasTold)
    {
        var status = error is null ? "completed"
            : wasTold && error is OperationCanceledException ? "cancelled"
            : "failed";
        if (_begun is { } begun)
        {
            _metrics.StepEnded(_workflow, _call.Name, status, _metrics.TimeSince(begun));
        }

        EngineTraces.End(_span, status, status == "failed" ? error!.GetType().FullName : null);
    }

    /// <summary>The body did not begin after all.</summary>
    public void Drop() => EngineTraces.Drop(_span);
}
