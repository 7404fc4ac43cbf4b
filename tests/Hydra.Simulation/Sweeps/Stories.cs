using Hydra.Simulation.Programs;

namespace Hydra.Simulation.Sweeps;

/// <summary>The canonical scenarios: each is one of the things that the engine is for.</summary>
internal static partial class Stories
{
    private static readonly Action<StoryScenario> JustStart = static story => story.Start();

    public static IReadOnlyList<Story> All { get; } =
    [
        new("one step", [Step("a")], JustStart, ExecutionState.Completed),
        new("three steps", [Sequence(Step("a"), Step("a"), Step("b"))], JustStart, ExecutionState.Completed),
        new("a step that is tried again", [Step("a", fails: 1, backoff: 0.05)], JustStart, ExecutionState.Completed),
        new("a step that is tried again later", [Step("a", fails: 2, backoff: 2)], JustStart, ExecutionState.Completed),
        new("a step that fails for good",
            [Step("a", fails: StepPlan.Always)],
            static story => story.Start(new StartOptions { MaxAttempts = 1 }),
            ExecutionState.Failed),
        new("two attempts, of which the first leaves results behind",
            [
                Sequence(
                    Step("a"),
                    new Node.AllSteps([Plan("b"), Plan("c", fails: 1, attempts: 1), Plan("d", 0.3)]),
                    Step("e")),
            ],
            static story => story.Start(new StartOptions { MaxAttempts = 2, RetryBackoff = TimeSpan.FromSeconds(1) }),
            ExecutionState.Completed,
            ExecutionState.Failed), // When a result has landed that the code does not ask for again.
        new("a transfer in a transaction",
            [Sequence(Step("a"), new Node.Step(Plan("b", 0.1) with { IsTransactional = true }), Step("c"))],
            JustStart,
            ExecutionState.Completed,
            ExecutionState.Failed), // When its connection is lost at every try.
        new("a sleep", [Sequence(Step("a"), Sleep(3), Step("b"))], JustStart, ExecutionState.Completed),
        new("equal sleeps", [new Node.Loop(3, Sleep(0.5))], JustStart, ExecutionState.Completed),
        new("parallel steps",
            [new Node.AllSteps([Plan("a", 0.2), Plan("a"), Plan("b", 0.1)])], JustStart, ExecutionState.Completed),
        new("parallel sleeps",
            [new Node.Parallel([Sleep(1), Sleep(2), Step("a")])], JustStart, ExecutionState.Completed),
        new("a race whose loser is withdrawn",
            [Sequence(new Node.AnyStep([Plan("a", 0.1), Plan("b", 2)], null, Losers.Withdrawn), Sleep(1), Step("c"))],
            JustStart,
            ExecutionState.Completed),
        new("a race against a timer",
            [Sequence(new Node.AnyStep([Plan("a", 4)], TimeSpan.FromSeconds(1), Losers.Left), Step("b"))],
            JustStart,
            ExecutionState.Completed),
        new("steps as they complete",
            [new Node.Each([Plan("a", 0.3), Plan("b", 0.1)], TimeSpan.FromSeconds(1))],
            JustStart,
            ExecutionState.Completed),
        new("a failure that is caught and made good",
            [Sequence(Step("a"), new Node.Try(Step("b", fails: StepPlan.Always), Step("undo")))],
            JustStart,
            ExecutionState.Completed),
        new("cancelled while it runs",
            [new Node.Cleanup(Step("a", takes: 3), Step("undo"), GoesOn: false)],
            CancelAt(1.5),
            ExecutionState.Cancelled,
            ExecutionState.Completed),
        new("cancelled while it sleeps",
            [new Node.Cleanup(Sleep(5), Step("undo"), GoesOn: false)],
            CancelAt(2),
            ExecutionState.Cancelled,
            ExecutionState.Completed),
        new("cancelled between attempts",
            [Step("a", fails: StepPlan.Always)],
            static story =>
            {
                story.Start(new StartOptions { MaxAttempts = 2, RetryBackoff = TimeSpan.FromSeconds(5) });
                story.At(2, static story => story.Cancel());
            },
            ExecutionState.Cancelled,
            ExecutionState.Failed),
        new("terminated while its second attempt begins",
            [
                new Node.Parallel(
                    [Step("a", fails: 1, attempts: 1), Sequence(Step("b", takes: 0.2), Step("c", takes: 0.2))]),
            ],
            static story =>
            {
                story.Start(new StartOptions { MaxAttempts = 2, RetryBackoff = TimeSpan.FromSeconds(1) });
                story.At(4, static story => story.Terminate());
            },
            ExecutionState.Cancelled,
            ExecutionState.Failed), // By then, as the second attempt leaves a result behind.
        new("cancelled before it begins",
            [Step("a")],
            static story =>
            {
                story.Start(new StartOptions { Delay = TimeSpan.FromSeconds(4) });
                story.At(1, static story => story.Cancel());
            },
            ExecutionState.Cancelled,
            ExecutionState.Completed),
        new("a timeout while it sleeps",
            [new Node.Cleanup(Sleep(30), Step("undo"), GoesOn: false)],
            static story => story.Start(new StartOptions { Timeout = TimeSpan.FromSeconds(2) }),
            ExecutionState.TimedOut),
        new("a timeout while it runs",
            [new Node.Cleanup(Step("a", takes: 20), Step("undo"), GoesOn: false)],
            static story => story.Start(new StartOptions { Timeout = TimeSpan.FromSeconds(2) }),
            ExecutionState.TimedOut),
        new("a key that is used twice",
            [Step("a"), Step("b")],
            static story =>
            {
                story.Start(new StartOptions { Key = "one" });
                story.Start(new StartOptions { Key = "one" }, machine: 1);
                story.Start(new StartOptions { Key = "one" }, program: 1, machine: 1, at: 0.5);
            },
            ExecutionState.Completed),
        new("handed over at a shutdown",
            [Sequence(Step("a"), Step("b", takes: 3), Step("c"))],
            static story =>
            {
                story.Start();
                story.At(1, static story => story.ShutDown(0));
            },
            ExecutionState.Completed),
        new("a worker that dies",
            [Sequence(Step("a"), Step("b", takes: 2), Step("c"))],
            static story =>
            {
                story.Start();
                story.At(1, static story => story.Kill(0));
            },
            ExecutionState.Completed),
        new("more executions than slots",
            [Sequence(Step("a", takes: 0.5), Sleep(0.2), Step("b"))],
            static story =>
            {
                for (var i = 0; i < 5; i++)
                {
                    story.Start(at: 0.1 + (i * 0.01));
                }
            },
            ExecutionState.Completed),
        .. Rolling,
        .. Troubled,
        .. Kept,
    ];

    /// <summary>The one that makes the fewest calls of the store.</summary>
    public static Story Shortest => All[0];

    /// <summary>The same where the store tells of changes: all, or a few in which machines work together.</summary>
    public static IEnumerable<Story> WithNotices(bool all) => All
        .Where(story => all || story.Name is "one step" or "a sleep" or "a step that is tried again later")
        .Select(static story => story with { Name = $"{story.Name}, with notices", Notices = true });

    private static Action<StoryScenario> CancelAt(double seconds) => story =>
    {
        story.Start();
        story.At(seconds, static story => story.Cancel());
    };

    private static Node.Sequence Sequence(params Node[] parts) => new(parts);

    private static Node.Sleep Sleep(double seconds) => new(TimeSpan.FromSeconds(seconds));

    private static Node.Step Step(
        string name, double takes = 0, int fails = 0, double backoff = 0.05, int attempts = 3) =>
        new(Plan(name, takes, fails, backoff, attempts));

    private static StepPlan Plan(
        string name, double takes = 0, int fails = 0, double backoff = 0.05, int attempts = 3) => new()
        {
            Name = name,
            Options = new StepOptions
            {
                Retry = new RetryPolicy { MaxAttempts = attempts, Backoff = TimeSpan.FromSeconds(backoff) },
            },
            Duration = TimeSpan.FromSeconds(takes),
            FailsThrough = fails,
        };
}
