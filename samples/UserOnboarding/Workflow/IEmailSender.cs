namespace Onboarding;

/// <summary>Sends mails from step bodies.</summary>
public interface IEmailSender
{
    Task<EmailResponse> SendAsync(EmailRequest mail, CancellationToken cancellationToken);
}
