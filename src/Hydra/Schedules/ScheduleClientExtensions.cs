namespace Hydra;

/// <summary>Shorter ways to make schedules at run time.</summary>
public static class ScheduleClientExtensions
{
    /// <summary>Starts a workflow by a cron expression from now on; a schedule of that name becomes this one.</summary>
    /// <param name="client">The client.</param>
    /// <param name="expression">The cron expression, as <see cref="Timetable.Cron"/> reads it.</param>
    /// <param name="name">The name of the schedule.</param>
    /// <param name="workflow">The durable name of the workflow.</param>
    /// <param name="input">What its executions are given. The default is nothing.</param>
    /// <param name="timeZone">The IANA name of a time zone. The default is "UTC".</param>
    /// <param name="cancellationToken">Gives up waiting; it may still be written.</param>
    /// <exception cref="InvalidCronException">It is no cron expression; the exception tells the position.</exception>
    /// <exception cref="ArgumentException">A name is not allowed, or the time zone is not known here.</exception>
    /// <exception cref="PayloadException">The input is over the limit, or says to be JSON and is none.</exception>
    /// <exception cref="StoreException">The database could not take it.</exception>
    public static Task CreateCronJobAsync(
        this IHydraClient client,
        string expression,
        string name,
        string workflow,
        Payload input = default,
        string timeZone = "UTC",
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        return client.Schedules.PutAsync(
            new Schedule(name, workflow, Timetable.Cron(expression, timeZone)) { Input = input }, cancellationToken);
    }

    /// <summary>Starts a workflow by a timetable from now on; a schedule of that name becomes this one.</summary>
    /// <typeparam name="TInput">What the workflow is started with.</typeparam>
    /// <typeparam name="TOutput">What it results in.</typeparam>
    /// <param name="workflow">The workflow.</param>
    /// <param name="name">The name of the schedule.</param>
    /// <param name="timetable">When it starts executions.</param>
    /// <param name="input">What they are given.</param>
    /// <param name="options">How it behaves.</param>
    /// <param name="cancellationToken">Gives up waiting; it may still be written.</param>
    /// <exception cref="ArgumentException">A name or option is not allowed.</exception>
    /// <exception cref="PayloadException">The input cannot be serialized or is over the limit.</exception>
    /// <exception cref="StoreException">The database could not take it.</exception>
    public static Task ScheduleAsync<TInput, TOutput>(
        this IWorkflowClient<IWorkflow<TInput, TOutput>> workflow,
        string name,
        Timetable timetable,
        TInput input,
        ScheduleOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(workflow);
        return workflow.Client is HydraClient client
            ? client.ScheduleTypedAsync(workflow.Name, name, timetable, input, options, cancellationToken)
            : throw new ArgumentException("The workflow was not made by Hydra's own client.", nameof(workflow));
    }

    /// <summary>Starts a workflow by a cron expression from now on; a schedule of that name becomes this one.</summary>
    /// <typeparam name="TInput">What the workflow is started with.</typeparam>
    /// <typeparam name="TOutput">What it results in.</typeparam>
    /// <param name="workflow">The workflow.</param>
    /// <param name="name">The name of the schedule.</param>
    /// <param name="cron">The cron expression, as <see cref="Timetable.Cron"/> reads it.</param>
    /// <param name="input">What its executions are given.</param>
    /// <param name="timeZone">The IANA name of a time zone. The default is "UTC".</param>
    /// <param name="options">How it behaves.</param>
    /// <param name="cancellationToken">Gives up waiting; it may still be written.</param>
    /// <exception cref="InvalidCronException">It is no cron expression; the exception tells the position.</exception>
    /// <exception cref="ArgumentException">A name or option is not allowed, or the zone is not known here.</exception>
    /// <exception cref="PayloadException">The input cannot be serialized or is over the limit.</exception>
    /// <exception cref="StoreException">The database could not take it.</exception>
    public static Task ScheduleAsync<TInput, TOutput>(
        this IWorkflowClient<IWorkflow<TInput, TOutput>> workflow,
        string name,
        string cron,
        TInput input,
        string timeZone = "UTC",
        ScheduleOptions? options = null,
        CancellationToken cancellationToken = default) =>
        workflow.ScheduleAsync(name, Timetable.Cron(cron, timeZone), input, options, cancellationToken);
}
