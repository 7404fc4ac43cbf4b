namespace Hydra.Simulation.Sweeps;

/// <content>What the engine does beside executions: it starts them by a schedule, and deletes them some time.</content>
internal static partial class Stories
{
    private static IReadOnlyList<Story> Kept =>
    [
        new("a schedule that starts executions",
            [Step("a")],
            static story =>
            {
                story.At(0.1, static story => story.MakeSchedule());
                story.At(1.2, static story => story.PauseSchedule(behind: 2));
            },
            ExecutionState.Completed) { HasSchedules = true },
        new("one that is old enough to be deleted, and one that is not",
            [Step("a")],
            static story =>
            {
                story.Start();
                story.At(Aged, static story => story.SetDatabaseClock(TimeSpan.FromHours(3).TotalSeconds));
                story.Start(at: Aged + 0.5);
            },
            ExecutionState.Completed) { Deletes = 1, SweptFrom = Aged, QuietFrom = Aged },
    ];

    private const double Aged = 1;
}
