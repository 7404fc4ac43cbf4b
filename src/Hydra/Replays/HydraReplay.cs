using System.Diagnostics.CodeAnalysis;
using Hydra.Engine;

namespace Hydra;

/// <summary>
/// Runs today's code over an execution that was recorded elsewhere, without its database: in a test, or step by step
/// in a debugger. Safe from many threads at once.
/// </summary>
/// <remarks>
/// <para>
/// A history is what <c>hydra export ID</c> prints, or <see cref="HistoryJson.Format"/>. No body of a step runs: calls
/// give what is recorded, so that a breakpoint in the workflow sees the values of the execution. Nothing is opened,
/// connected or written. What workflow code does outside of its steps happens.
/// </para>
/// <para>
/// While a debugger is attached, code may stand still for as long as somebody looks at it:
/// <see cref="ReplayOptions.Patience"/> then holds only for what it awaits outside of durable calls.
/// </para>
/// </remarks>
public static class HydraReplay
{
    /// <summary>Replays a history with a workflow class, under whatever name it was recorded.</summary>
    /// <typeparam name="TWorkflow">The class. What its constructor takes must have defaults, or be nothing.</typeparam>
    /// <param name="history">What is recorded of one execution.</param>
    /// <param name="options">How it is replayed. The default replays all of it.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>
    /// Every recorded outcome beside the call that the code makes, and the first difference, if there is one.
    /// </returns>
    /// <exception cref="FormatException">It is no history.</exception>
    /// <exception cref="ArgumentException">
    /// An option is out of range, or the execution has no outcome of the step of a dry run.
    /// </exception>
    public static Task<ReplayReport> RunAsync<
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TWorkflow>(
        string history, ReplayOptions? options = null, CancellationToken cancellationToken = default)
        where TWorkflow : class, IWorkflow
    {
        var details = HistoryJson.Parse(history);
        return RunAsync(
            details, hydra => hydra.AddWorkflow<TWorkflow>(details.Row.Workflow), options, cancellationToken);
    }

    /// <summary>Replays a history with a workflow class that is made by a function.</summary>
    /// <typeparam name="TWorkflow">The class.</typeparam>
    /// <param name="history">What is recorded of one execution.</param>
    /// <param name="create">
    /// Makes an instance. Since no body of a step runs, nothing of what only bodies use is called; but it may not be
    /// null where a body is one of its methods, because C# makes a delegate of that.
    /// </param>
    /// <param name="options">How it is replayed. The default replays all of it.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>
    /// Every recorded outcome beside the call that the code makes, and the first difference, if there is one.
    /// </returns>
    /// <exception cref="FormatException">It is no history.</exception>
    /// <exception cref="ArgumentException">
    /// An option is out of range, or the execution has no outcome of the step of a dry run.
    /// </exception>
    public static Task<ReplayReport> RunAsync<TWorkflow>(
        string history,
        Func<TWorkflow> create,
        ReplayOptions? options = null,
        CancellationToken cancellationToken = default)
        where TWorkflow : class, IWorkflow
    {
        ArgumentNullException.ThrowIfNull(create);
        var details = HistoryJson.Parse(history);
        return RunAsync(
            details, hydra => hydra.AddWorkflow(_ => create(), details.Row.Workflow), options, cancellationToken);
    }

    /// <summary>
    /// Replays a history with what an engine is composed of: workflows, services, JSON options, keys of encrypted
    /// payloads. A store and a worker may be among it and are not opened.
    /// </summary>
    /// <param name="history">What is recorded of one execution.</param>
    /// <param name="configure">The same as for <see cref="HydraEngine.OpenAsync"/>.</param>
    /// <param name="options">How it is replayed. The default replays all of it.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>
    /// Every recorded outcome beside the call that the code makes, and the first difference, if there is one.
    /// </returns>
    /// <exception cref="FormatException">It is no history.</exception>
    /// <exception cref="ArgumentException">
    /// An option is out of range or contradicts another, or the execution has no outcome of the step of a dry run.
    /// </exception>
    public static Task<ReplayReport> RunAsync(
        string history,
        Action<HydraBuilder> configure,
        ReplayOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(configure);
        return RunAsync(HistoryJson.Parse(history), configure, options, cancellationToken);
    }

    private static Task<ReplayReport> RunAsync(
        ExecutionDetails details,
        Action<HydraBuilder> configure,
        ReplayOptions? options,
        CancellationToken cancellationToken)
    {
        options ??= new ReplayOptions();
        options.Validate();
        var builder = new HydraBuilder();
        configure(builder);
        builder.UseInMemory(); // Whatever store is configured is never made.
        builder.Namespace = details.Namespace; // What is encrypted is bound to it.
        return EngineRuntime.LeaveContext(async () =>
        {
            await using var engine = HydraEngine.Create(builder);
            return await engine.ReplayAsync(details, options, cancellationToken);
        });
    }
}
