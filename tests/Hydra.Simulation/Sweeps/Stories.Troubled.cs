using Hydra.Simulation.Programs;

namespace Hydra.Simulation.Sweeps;

/// <content>What takes somebody's decision, and clocks that go wrong.</content>
internal static partial class Stories
{
    private static IReadOnlyList<Story> Troubled =>
    [
        new("a step that begins at most once",
            [Sequence(Step("a"), AtMostOnce("b", 0.2), Step("c"))],
            JustStart,
            ExecutionState.Completed,
            ExecutionState.Failed), // When its worker is lost behind the beginning.
        new("a step of which nobody knows, made good",
            [Sequence(new Node.Try(AtMostOnce("a", 2), Step("look")), Step("b"))],
            static story =>
            {
                story.Start();
                story.At(1, static story => story.Kill(0));
            },
            ExecutionState.Completed),
        new("a step that an operator tries at once",
            [Sequence(Step("a", fails: 1, backoff: 40), Step("b"))],
            static story =>
            {
                story.Start();
                story.At(2, static story => story.Retry());
            },
            ExecutionState.Completed),
        new("an attempt that an operator tries at once",
            [Step("a", fails: 1, attempts: 1)],
            static story =>
            {
                story.Start(new StartOptions { MaxAttempts = 2, RetryBackoff = TimeSpan.FromSeconds(40) });
                story.At(2, static story => story.Retry());
            },
            ExecutionState.Completed),
        new("quarantined, and released when it is mended",
            [Sequence(Step("a"), new Node.Step(Plan("poison", 0.1) with { KillsProcess = true }), Step("b"))],
            static story =>
            {
                story.IsPoisoned = true;
                story.Start();
                story.At(PoisonEnds, static story => story.IsPoisoned = false);
            },
            ExecutionState.Completed) { Through = ExecutionState.Blocked, QuietFrom = PoisonEnds },
        new("a worker whose clock jumps",
            [StepsAroundASleep],
            static story =>
            {
                story.Start();
                story.At(1, static story => story.SetClock(0, TimeSpan.FromHours(2)));
                story.At(2, static story => story.SetClock(1, TimeSpan.FromHours(-2)));
            },
            ExecutionState.Completed),
        new("a database whose clock jumps ahead",
            [Sequence(Step("a", takes: 2), Sleep(20), Step("b"))],
            static story =>
            {
                story.Start();
                story.At(1, static story => story.SetDatabaseClock(60));
                story.At(3, static story => story.SetDatabaseClock(60));
            },
            ExecutionState.Completed) { QuietFrom = 4 },
        new("a database whose clock is set back",
            [Sequence(Step("a", takes: 1), Sleep(2), Step("b"))],
            static story =>
            {
                story.Start();
                story.At(1.5, static story => story.SetDatabaseClock(-5));
            },
            ExecutionState.Completed) { QuietFrom = 2 },
    ];

    private const double PoisonEnds = 24;

    private static Node.Step AtMostOnce(string name, double takes) => new(Plan(name, takes) with
    {
        Options = new StepOptions { AtMostOnce = true },
    });
}
