using Hydra.Simulation.Programs;
using Hydra.Simulation.Worlds;

namespace Hydra.Simulation.Sweeps;

/// <content>Two builds at once, as while a new one is rolled out.</content>
internal static partial class Stories
{
    private static Node StepsAroundASleep => Sequence(Step("a"), Sleep(4), Step("b"));

    private static IReadOnlyList<Story> Rolling =>
    [
        OfBuilds("rolled over to a build that replays it",
            new ProgramPlan(Sequence(Step("a"), Step("b", takes: 2), Sleep(1), Step("c")), Builds.Shared),
            static story =>
            {
                story.Start();
                story.At(1, static story => story.Roll(0, Builds.B));
                story.At(2, static story => story.Roll(1, Builds.B));
            }),
        OfBuilds("a workflow that only the next build knows",
            new ProgramPlan(Sequence(Step("a"), Sleep(1), Step("b")), Builds.OnlyB),
            static story =>
            {
                story.Start();
                story.At(2, static story => story.Roll(1, Builds.B));
            }),
        OfBuilds("a workflow whose only machine is left behind",
            new ProgramPlan(StepsAroundASleep, Builds.OnlyA),
            static story =>
            {
                story.Start();
                story.At(1, static story => story.Roll(0, Builds.B));
            }),
        OfBuilds("refused by one of two builds",
            new ProgramPlan(StepsAroundASleep, Builds.Shared, Builds.B),
            static story =>
            {
                story.Start();
                story.At(1, static story => story.Roll(1, Builds.B));
            }),
        OfBuilds("blocked until the build before is back",
            new ProgramPlan(StepsAroundASleep, Builds.Shared, Builds.B),
            static story =>
            {
                story.Start();
                story.At(1, static story => story.Roll(0, Builds.B));
                story.At(1, static story => story.Roll(1, Builds.B));
                story.At(12, static story => story.Roll(0, Builds.A));
            }),
    ];

    private static Story OfBuilds(string name, ProgramPlan program, Action<StoryScenario> plan) =>
        new(name, [program], plan, ExecutionState.Completed) { IsRolling = true };
}
