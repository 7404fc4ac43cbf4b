using System.Diagnostics.CodeAnalysis;

namespace Hydra;

/// <summary>Declares schedules of a workflow where it is registered, and goes on registering.</summary>
public static class WorkflowRegistrationExtensions
{
    /// <summary>Declares that the workflow is started by a cron expression.</summary>
    /// <remarks>
    /// The schedule is written when an engine opens, but only when this declaration is not the one that was written
    /// last: what somebody has changed since stays, and so does a pause. No instant is lost or repeated by a change.
    /// What is declared no more stays as it is until it is deleted.
    /// </remarks>
    /// <typeparam name="TInput">What the workflow is started with.</typeparam>
    /// <typeparam name="TOutput">What it results in.</typeparam>
    /// <param name="workflow">The registered workflow.</param>
    /// <param name="name">The name of the schedule, unique within the namespace.</param>
    /// <param name="cron">The cron expression, as <see cref="Timetable.Cron"/> reads it.</param>
    /// <param name="input">What its executions are given.</param>
    /// <param name="timeZone">The IANA name of a time zone. The default is "UTC".</param>
    /// <param name="options">How it behaves.</param>
    /// <exception cref="InvalidCronException">It is no cron expression; the exception tells the position.</exception>
    /// <exception cref="ArgumentException">
    /// A name or option is not allowed, the name is declared already, or the time zone is not known here.
    /// </exception>
    public static IWorkflowRegistration<IWorkflow<TInput, TOutput>> Schedule<TInput, TOutput>(
        this IWorkflowRegistration<IWorkflow<TInput, TOutput>> workflow,
        string name,
        string cron,
        TInput input,
        string timeZone = "UTC",
        ScheduleOptions? options = null) =>
        workflow.Schedule(name, Timetable.Cron(cron, timeZone), input, options);

    /// <summary>Declares that the workflow is started by a timetable; see the form with a cron expression.</summary>
    /// <typeparam name="TInput">What the workflow is started with.</typeparam>
    /// <typeparam name="TOutput">What it results in.</typeparam>
    /// <param name="workflow">The registered workflow.</param>
    /// <param name="name">The name of the schedule, unique within the namespace.</param>
    /// <param name="timetable">When it starts executions.</param>
    /// <param name="input">What they are given.</param>
    /// <param name="options">How it behaves.</param>
    /// <exception cref="ArgumentException">
    /// A name or option is not allowed, or the name is declared already.
    /// </exception>
    public static IWorkflowRegistration<IWorkflow<TInput, TOutput>> Schedule<TInput, TOutput>(
        this IWorkflowRegistration<IWorkflow<TInput, TOutput>> workflow,
        string name,
        Timetable timetable,
        TInput input,
        ScheduleOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(workflow);
        var schedule = new Schedule(name, workflow.Name, timetable) { Options = options ?? new ScheduleOptions() };
        workflow.Builder.Declare(
            schedule,
            serializer => schedule with { Input = serializer.Write(input, "The input of the schedule", name) });
        return workflow;
    }

    /// <summary>Registers a workflow class with the same builder.</summary>
    /// <typeparam name="TWorkflow">The class.</typeparam>
    /// <param name="registered">The workflow registered before.</param>
    /// <param name="name">Its durable name. By default the class's name in kebab case: "user-onboarding".</param>
    /// <param name="options">What holds for its executions.</param>
    /// <exception cref="ArgumentException">The name is taken or not allowed, or an option is out of range.</exception>
    public static IWorkflowRegistration<TWorkflow> AddWorkflow<
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TWorkflow>(
        this IWorkflowRegistration registered, string? name = null, WorkflowOptions? options = null)
        where TWorkflow : class, IWorkflow => Builder(registered).AddWorkflow<TWorkflow>(name, options);

    /// <summary>Registers a workflow class that is made by a function with the same builder.</summary>
    /// <typeparam name="TWorkflow">The class.</typeparam>
    /// <param name="registered">The workflow registered before.</param>
    /// <param name="create">Makes an instance for an activation from that activation's services.</param>
    /// <param name="name">Its durable name. By default the class's name in kebab case.</param>
    /// <param name="options">What holds for its executions.</param>
    /// <exception cref="ArgumentException">The name is taken or not allowed, or an option is out of range.</exception>
    public static IWorkflowRegistration<TWorkflow> AddWorkflow<TWorkflow>(
        this IWorkflowRegistration registered,
        Func<IServiceProvider, TWorkflow> create,
        string? name = null,
        WorkflowOptions? options = null)
        where TWorkflow : class, IWorkflow => Builder(registered).AddWorkflow(create, name, options);

    /// <summary>Registers a function as a workflow with the same builder.</summary>
    /// <typeparam name="TInput">What it is started with.</typeparam>
    /// <typeparam name="TOutput">What it results in.</typeparam>
    /// <param name="registered">The workflow registered before.</param>
    /// <param name="name">Its durable name.</param>
    /// <param name="run">The workflow's code.</param>
    /// <param name="options">What holds for its executions.</param>
    /// <exception cref="ArgumentException">The name is taken or not allowed, or an option is out of range.</exception>
    public static IWorkflowRegistration<IWorkflow<TInput, TOutput>> AddWorkflow<TInput, TOutput>(
        this IWorkflowRegistration registered,
        string name,
        Func<WorkflowContext, TInput, Task<TOutput>> run,
        WorkflowOptions? options = null) => Builder(registered).AddWorkflow(name, run, options);

    /// <summary>Registers a function without an output as a workflow with the same builder.</summary>
    /// <typeparam name="TInput">What it is started with.</typeparam>
    /// <param name="registered">The workflow registered before.</param>
    /// <param name="name">Its durable name.</param>
    /// <param name="run">The workflow's code.</param>
    /// <param name="options">What holds for its executions.</param>
    /// <exception cref="ArgumentException">The name is taken or not allowed, or an option is out of range.</exception>
    public static IWorkflowRegistration<IWorkflow<TInput, Nothing>> AddWorkflow<TInput>(
        this IWorkflowRegistration registered,
        string name,
        Func<WorkflowContext, TInput, Task> run,
        WorkflowOptions? options = null) => Builder(registered).AddWorkflow(name, run, options);

    /// <summary>Lets this process run executions.</summary>
    /// <param name="registered">The workflow registered before.</param>
    /// <param name="configure">Changes the defaults: worker => worker with { Concurrency = 50 }.</param>
    /// <exception cref="ArgumentException">An option is out of range or contradicts another.</exception>
    public static HydraBuilder AddWorker(
        this IWorkflowRegistration registered, Func<WorkerOptions, WorkerOptions>? configure = null) =>
        Builder(registered).AddWorker(configure);

    private static HydraBuilder Builder(IWorkflowRegistration registered)
    {
        ArgumentNullException.ThrowIfNull(registered);
        return registered.Builder;
    }
}
