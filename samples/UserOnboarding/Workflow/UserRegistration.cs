namespace Onboarding;

/// <summary>Somebody has signed up.</summary>
public sealed record UserRegistration(string UserId, string Email, string Name)
{
    /// <summary>How long after the first mail the second goes out; as a part of the input it never changes.</summary>
    public TimeSpan FollowUpAfter { get; init; } = TimeSpan.FromHours(24);
}
